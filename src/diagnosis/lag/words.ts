/** The figures of `lag` in words: an exact figure reads as exact, and a bound as a bound. */

import type { ErrorCode, ReplError } from '../../errors.ts'
import { explain } from '../errors/explain.ts'
import { describeDownLink } from '../psync/master-answer.ts'
import { describeStop } from '../psync/verdict.ts'
import { duration, exact, bytes as human, milliseconds } from '../units.ts'
import { describeUnknown } from './check.ts'
import type { ArrivalFigures, ArrivalProblem, Lag, MarkerFigures, ReplicaReport, ResyncNow } from './lag.ts'
import { errorMs, lagMs } from './lag.ts'
import type { Summary } from './quantile.ts'
import type { Trend } from './trend.ts'

const s = (ms: number) => (ms < 60_000 ? (ms / 1000).toFixed(ms < 10_000 ? 3 : 1) : duration(ms))

/** The lag in seconds, short enough for a table cell. */
export function secondsText(lag: Lag | undefined): string {
  if (!lag) return 'unknown'
  const { low, high } = lag.bounds
  const [middle, error] = [lagMs(lag), errorMs(lag)]
  if (high === undefined || middle === undefined || error === undefined) return low === 0 ? 'unknown' : `> ${s(low)}`
  if (high === 0) return '0'
  return low === 0 ? `< ${s(Math.ceil(high))}` : `${s(middle)} ± ${s(Math.ceil(error))}`
}

/** Zero only if the replica lacks no byte. */
export function bytesText(lag: Lag | undefined): string {
  if (!lag) return 'unknown'
  // An ACK tells what the replica had; nobody has asked it since.
  if (lag.method === 'ack' && lag.bytes === 0) return 'all acked'
  const short = (count: number) => human(count).replace(' bytes', ' B')
  return lag.bytes === 0 && lag.mostBytes > 0 ? `< ${short(lag.mostBytes)}` : short(lag.bytes)
}

export function trendText(trend: Trend | undefined): string {
  switch (trend?.kind) {
    case undefined:
      return ''
    case 'even':
      return 'even'
    case 'catching-up':
      return `level in ${duration(trend.seconds * 1000)}`
    case 'falling-behind':
      return `+${human(Math.round(trend.bytesPerSecond))}/s`
  }
}

/** What the replica gets if its link breaks now and comes back at once. */
export function resyncText(resync: ResyncNow | undefined): string {
  if (!resync) return ''
  const { forecast, secondsLeft } = resync
  if (forecast.kind === 'full') return 'full'
  if (forecast.kind === 'later') return 'refused now'
  if (secondsLeft === undefined) return 'partial'
  return Number.isFinite(secondsLeft) ? `partial, ${duration(secondsLeft * 1000)}` : 'partial'
}

/** What does not fit into the table, one sentence per element. @param writes the average write rate in bytes per second */
export function replicaNotes(replica: ReplicaReport, writes: number | undefined): string[] {
  return [
    ...accessNotes(replica),
    ...stateNotes(replica),
    ...boundNotes(replica, writes),
    ...resyncNotes(replica),
    ...measurementNotes(replica),
  ]
}

const HALF_OPEN =
  'says that its link is up, but its master does not list it: the connection is half-open, or its master is another server at that address.'

/** What the master's list tells of a replica, preceded by a space; empty if it is not listed. */
function masterView(listed: ReplicaReport['listed'], lag: Lag | undefined): string {
  if (!listed) return ''
  const state = listed.state === undefined ? '' : ` as ${listed.state}`
  const age = listed.ackAgeSeconds === undefined ? '' : `, last heard of ${listed.ackAgeSeconds} s ago`
  return ` Its master lists it${state}${age}${lag ? '; the figures are what it has acknowledged, and an upper bound' : ''}.`
}

function accessNotes({ state, role, failure, silentMs, listed, lag }: ReplicaReport): string[] {
  const view = masterView(listed, lag)
  if (state === 'unreachable') {
    return [`cannot be asked: ${failure ? explain(failure).what : ''}${view} ${wayOut(failure)}`]
  }
  if (state === 'listed') return [`is known only from its master’s list. ${failure ? explain(failure).what : ''}${view}`]
  if (state === 'silent') return [`has owed an answer for ${duration(silentMs)}: it hangs, or the network swallows what it says.${view}`]
  return state === 'stranger'
    ? [`${role === 'master' ? 'says that it is a master itself' : `names no master; its role is ${role ?? 'not shown'}`}.${view}`]
    : []
}

/** Another address helps only where this one leads to no server that answers. */
function wayOut(failure: ReplError | undefined): string {
  const isAddress =
    !failure || ADDRESS.includes(failure.code) || failure.details.reason === 'CONNECT' || failure.details.reason === 'LOOKUP'
  return isAddress ? '--map names another way there.' : explain(failure).next
}

const ADDRESS: readonly ErrorCode[] = ['MASTER_UNREACHABLE', 'NOT_REDIS']

function stateNotes(replica: ReplicaReport): string[] {
  const { state, link, lag, unknown, masterAnswer } = replica
  switch (state) {
    case 'syncing':
      return [`takes a full resync${progress(replica)}.`]
    case 'link-down': {
      const stands = lag ? `; it stands at offset ${exact(link?.appliedOffset ?? 0)}` : ''
      const what = `has no link to its master${since(link?.downSeconds)}${stands}`
      if (!link || !masterAnswer) return [`${what}.`]
      const why = describeDownLink(`${link.host}:${link.port}`, link.downSeconds ?? -1, masterAnswer)
      return [`${what}: ${why.join(' ')}`]
    }
    case 'loading':
      return ['is loading its data.']
    case 'unlisted':
      return [HALF_OPEN]
    case 'not-asked':
      return ['was found just now and has not been asked yet.']
    default:
      return unknown && state === 'online' ? [`has no figure, ${describeUnknown(unknown)}.`] : []
  }
}

function since(downSeconds: number | undefined): string {
  if (downSeconds === undefined) return ''
  return downSeconds < 0 ? ' and was never up' : ` since ${downSeconds} s`
}

function progress({ link, listed }: ReplicaReport): string {
  const { readBytes, totalBytes, leftBytes } = link?.sync ?? {}
  if (readBytes === undefined && leftBytes === undefined) return listed?.state ? `; its master is at ${listed.state}` : ''
  if (readBytes === undefined) return `: ${human(leftBytes ?? 0)} still to receive`
  const of = totalBytes === undefined ? '' : ` of ${human(totalBytes)} (${((readBytes / totalBytes) * 100).toFixed(0)} %)`
  return `: ${human(readBytes)}${of} received`
}

/** Without an upper bound: the lower bound, and an estimate from the write rate. */
function boundNotes({ lag }: ReplicaReport, writes: number | undefined): string[] {
  if (!lag || lag.bounds.high !== undefined) return []
  const about = writes ? `; at the measured write rate its ${human(lag.bytes)} are about ${duration((lag.bytes / writes) * 1000)}` : ''
  const seconds = lag.bounds.low > 0 ? `, ${(lag.bounds.low / 1000).toFixed(1)} s ago or earlier` : ''
  const lacks = lag.method === 'ack' ? 'has not acknowledged' : 'lacks'
  return [`${lacks} bytes that the master wrote before we looked${seconds}${about}. --sample sees further.`]
}

const FULL: Record<string, string> = {
  REQUESTED: 'it has no position',
  OTHER_HISTORY: 'it has another history',
  PAST_FORK: 'it is past the point where the histories parted',
  NO_BACKLOG: 'its master keeps no backlog',
  TOO_OLD: 'it is older than the backlog',
  AHEAD: 'it is ahead of its master',
}

function resyncNotes({ state, resync }: ReplicaReport): string[] {
  if (resync?.forecast.kind !== 'full' || state === 'syncing') return []
  return [`would get a full resync if it reconnected now: ${FULL[resync.forecast.reason] ?? resync.forecast.reason}.`]
}

function measurementNotes({ arrivals, markers }: ReplicaReport): string[] {
  return [...(arrivals ? arrivalNotes(arrivals) : []), ...(markers ? [markerNote(markers)] : [])]
}

function arrivalNotes({ lag, errorMs: error, comparedBytes, skippedBytes, differsAt, problem }: ArrivalFigures): string[] {
  const notes = lag ? [`by its stream: ${quantiles(lag)}${error === undefined ? '' : ` (± ${milliseconds(error)}, the way to us)`}.`] : []
  if (problem) notes.push(`its stream cannot be compared: ${problemText(problem)}.`)
  else if (!lag) notes.push('by its stream: nothing came from both ends yet.')
  if (differsAt !== undefined) notes.push(`ITS STREAM DIFFERS from its master’s at offset ${exact(differsAt)}.`)
  else if (comparedBytes > 0) notes.push(`${exact(comparedBytes)} bytes of both streams are the same.`)
  if (skippedBytes > 0) notes.push(`${exact(skippedBytes)} bytes were not compared: it was too far behind to keep them.`)
  return notes
}

function problemText({ end, error, stopped, isOtherHistory }: ArrivalProblem): string {
  const who = end === 'master' ? 'the master' : 'the replica'
  if (isOtherHistory) return 'master and replica have different histories'
  if (stopped) return `${who} was not attached to: ${describeStop(stopped).replace(/\.$/, '')}`
  return `${who}: ${error ? explain(error).what.replace(/\.$/, '') : 'not attached to yet'}`
}

function markerNote({ lag, errorMs: error, sent, received, error: failure }: MarkerFigures): string {
  if (!lag) return `by markers: none of ${sent} came out of it${failure ? `: ${explain(failure).what}` : '.'}`
  return `by markers: ${quantiles(lag)} (at most: up to ${milliseconds(error ?? 0)} less); ${received} of ${sent} came out of it.`
}

function quantiles({ p50, p95, p99, max, count }: Summary): string {
  const figures = Object.entries({ p50, p95, p99, max }).flatMap(([name, ms]) => (ms === undefined ? [] : [`${name} ${milliseconds(ms)}`]))
  return `${figures.join(', ')} of ${exact(count)} samples`
}

/** The clients that the master lists without an address; undefined if there are none. */
export function toolsText(replicas: readonly ReplicaReport[]): string | undefined {
  const tools = replicas.filter(({ state }) => state === 'tool')
  if (tools.length === 0) return undefined
  const names = [...new Set(tools.map(({ name }) => name))].join(', ')
  const ours = tools.some(({ name }) => name.startsWith('redis_repl:'))
    ? '; redis_repl is how redis-repl is listed, this run with --attach too'
    : ''
  return `${tools.length} more attached without an address that could be asked, as tools are (${names})${ours}.`
}

/** Printed at the end of --watch. */
export function summaryText({ min, average, p50, p99, max, count }: Summary): string {
  const figures = [min, average, p50, p99, max].map((ms) => (ms === undefined ? '-' : (ms / 1000).toFixed(3)))
  return `min/avg/p50/p99/max = ${figures.join('/')} s of ${exact(count)} looks`
}
