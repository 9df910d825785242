/** The figures of `lag` in words: an exact figure reads as exact, and a bound as a bound. */

import type { ErrorCode, ReplError } from '../../errors.ts'
import { explain } from '../errors/explain.ts'
import { describeDownLink } from '../psync/master-answer.ts'
import { describeStop } from '../psync/verdict.ts'
import { atLeast, atMost, duration, exact, bytes as human, milliseconds, short } from '../units.ts'
import { describeUnknown } from './check.ts'
import type { ArrivalFigures, ArrivalProblem, Lag, MarkerFigures, ReplicaReport, ResyncNow } from './lag.ts'
import { errorMs, lagMs } from './lag.ts'
import type { Summary } from './quantile.ts'
import type { Trend } from './trend.ts'

/** The time of the most exact measurement, short enough for a table cell. */
export function timeText({ lag, arrivals, markers }: Pick<ReplicaReport, 'lag' | 'arrivals' | 'markers'>): string {
  const measured = arrivals?.lag ?? markers?.lag
  return measured ? quantileText(measured) : boundsText(lag)
}

/** Fewer than 100 samples have no p99, so the largest is shown. */
function quantileText({ p50, p99, max }: Summary): string {
  return `p50 ${milliseconds(p50)}, ${p99 === undefined ? `max ${milliseconds(max)}` : `p99 ${milliseconds(p99)}`}`
}

function boundsText(lag: Lag | undefined): string {
  if (!lag) return ''
  const { low, high } = lag.bounds
  const [middle, error] = [lagMs(lag), errorMs(lag)]
  if (high === undefined || middle === undefined || error === undefined)
    return low === 0 ? 'unknown' : `> ${low < 60_000 ? atLeast(low) : short(low)}`
  if (high === 0) return '0 ms'
  if (low === 0) return `< ${atMost(high)}`
  return middle < 999.5 ? `${Math.round(middle)} ± ${atMost(error)}` : `${duration(middle)} ± ${atMost(error)}`
}

/** What the time was measured with; empty if it is not known. */
export function methodText({ lag, arrivals, markers }: Pick<ReplicaReport, 'lag' | 'arrivals' | 'markers'>): string {
  if (arrivals?.lag) return 'stream'
  if (markers?.lag) return 'marker'
  return lag ? { info: 'INFO', ack: 'ACK' }[lag.method] : ''
}

/** Zero only if the replica lacks no byte. */
export function bytesText(lag: Lag | undefined): string {
  if (!lag) return 'unknown'
  // An ACK shows what the replica had applied. It may have applied more since.
  if (lag.method === 'ack' && lag.bytes === 0) return 'all acked'
  const short = (count: number) => human(count).replace(' bytes', ' B')
  return lag.bytes === 0 && lag.mostBytes > 0 ? `< ${short(lag.mostBytes)}` : short(lag.bytes)
}

export function trendText(trend: Trend | undefined): string {
  switch (trend?.kind) {
    case undefined:
      return ''
    case 'even':
      return 'steady'
    case 'catching-up':
      return `in sync in ${short(trend.seconds * 1000 + 999)}`
    case 'falling-behind':
      return `+${human(Math.round(trend.bytesPerSecond))}/s`
  }
}

/** The answer to the replica's PSYNC if its link breaks now and comes back at once. */
export function resyncText(resync: ResyncNow | undefined): string {
  if (!resync) return ''
  const { forecast, secondsLeft } = resync
  if (forecast.kind === 'full') return 'full'
  if (forecast.kind === 'later') return 'refused now'
  return secondsLeft !== undefined && Number.isFinite(secondsLeft) ? `partial, ${short(secondsLeft * 1000)}` : 'partial'
}

/** Everything that is worth a sentence, for JSON. @param writes the average write rate in bytes per second */
export function replicaNotes(replica: ReplicaReport, writes: number | undefined): string[] {
  return [...troubleNotes(replica, writes), ...figureNotes(replica)]
}

/** What is wrong with a replica or its figures, and the cause. One sentence per element. */
export function troubleNotes(replica: ReplicaReport, writes: number | undefined): string[] {
  return [
    ...accessNotes(replica),
    ...stateNotes(replica),
    ...boundNotes(replica, writes),
    ...resyncNotes(replica),
    ...streamNotes(replica.arrivals),
    ...lostMarkersNotes(replica.markers),
  ]
}

/** The figures of streams and markers in full. */
export function figureNotes({ arrivals, markers }: ReplicaReport): string[] {
  return [...(arrivals ? arrivalNotes(arrivals) : []), ...(markers?.lag ? [markerNote(markers, markers.lag)] : [])]
}

const HALF_OPEN =
  'reports that its link is up, but its master does not list it. The connection is half-open, or its master is another server at that address.'

/** How the master lists a replica, preceded by a space; empty if it is not listed. */
function masterView(listed: ReplicaReport['listed'], lag: Lag | undefined): string {
  if (!listed) return ''
  const state = listed.state === undefined ? '' : ` as ${listed.state}`
  const age = listed.ackAgeSeconds === undefined ? '' : `, with its last ACK ${listed.ackAgeSeconds} s ago`
  return ` Its master lists it${state}${age}.${lag ? ' The figures come from that ACK and are upper bounds.' : ''}`
}

function accessNotes({ state, role, failure, silentMs, listed, lag }: ReplicaReport): string[] {
  const view = masterView(listed, lag)
  if (state === 'unreachable') {
    return [`cannot be asked: ${failure ? explain(failure).what : ''}${view} ${wayOut(failure)}`]
  }
  if (state === 'listed') return [`is known only from its master’s list. ${failure ? explain(failure).what : ''}${view}`]
  if (state === 'silent') return [`has not answered for ${duration(silentMs)}: hung, stopped, or its packets are lost.${view}`]
  return state === 'stranger'
    ? [`${role === 'master' ? 'says that it is a master itself' : `names no master; its role is ${role ?? 'not shown'}`}.${view}`]
    : []
}

/** Another address helps only if no server answers at this one. */
function wayOut(failure: ReplError | undefined): string {
  const isAddress =
    !failure || ADDRESS.includes(failure.code) || failure.details.reason === 'CONNECT' || failure.details.reason === 'LOOKUP'
  return isAddress ? 'Use --map to name an address that leads there.' : explain(failure).next
}

const ADDRESS: readonly ErrorCode[] = ['MASTER_UNREACHABLE', 'NOT_REDIS']

function stateNotes(replica: ReplicaReport): string[] {
  const { state, link, unknown, masterAnswer } = replica
  switch (state) {
    case 'syncing':
      return [`is receiving a full resync${progress(replica)}.`]
    case 'link-down': {
      const stands = link?.appliedOffset === undefined ? '' : ` and stays at offset ${link.appliedOffset}`
      if (!link || !masterAnswer) return [`${withoutLink(link?.downSeconds)}${stands}.`]
      const why = describeDownLink(`${link.host}:${link.port}`, link.downSeconds ?? -1, masterAnswer)
      return [`has no link to its master${stands}: ${why.join(' ')}`]
    }
    case 'loading':
      return ['is loading its data.']
    case 'unlisted':
      return [HALF_OPEN]
    case 'not-asked':
      return ['was just found and has not been asked yet.']
    default:
      return unknown && state === 'online' ? [`has an unknown lag, ${describeUnknown(unknown)}.`] : []
  }
}

function withoutLink(downSeconds: number | undefined): string {
  if (downSeconds === undefined) return 'has no link to its master'
  return downSeconds < 0 ? 'has never had a link to its master' : `has had no link to its master for ${downSeconds} s`
}

function progress({ link, listed }: ReplicaReport): string {
  const { readBytes, totalBytes, leftBytes } = link?.sync ?? {}
  if (readBytes === undefined && leftBytes === undefined) return listed?.state ? ` (${listed.state} at its master)` : ''
  if (readBytes === undefined) return `: ${human(leftBytes ?? 0)} still to receive`
  const of = totalBytes === undefined ? '' : ` of ${human(totalBytes)} (${((readBytes / totalBytes) * 100).toFixed(0)} %)`
  return `: ${human(readBytes)}${of} received`
}

/** Without an upper bound: the lower bound, and an estimate from the write rate. */
function boundNotes({ lag }: ReplicaReport, writes: number | undefined): string[] {
  if (!lag || lag.bounds.high !== undefined) return []
  const lacks = lag.method === 'ack' ? 'has not acknowledged' : 'lacks'
  const atLeastText = lag.bounds.low > 0 ? `, at least ${atLeast(lag.bounds.low)} ago` : ''
  const estimate = writes ? ` At the measured write rate, ${human(lag.bytes)} are about ${duration((lag.bytes / writes) * 1000)}.` : ''
  return [`${lacks} bytes that the master wrote before the sample began${atLeastText}.${estimate} Use a longer --sample.`]
}

const FULL: Record<string, string> = {
  REQUESTED: 'it has no offset to resume from',
  OTHER_HISTORY: 'it has another history (replid)',
  PAST_FORK: 'it has bytes that its master’s history does not contain',
  NO_BACKLOG: 'its master keeps no backlog',
  TOO_OLD: 'the backlog no longer holds its offset',
  AHEAD: 'its offset is ahead of its master’s',
}

function resyncNotes({ state, resync }: ReplicaReport): string[] {
  if (resync?.forecast.kind !== 'full' || state === 'syncing') return []
  return [`would get a full resync if it reconnected now: ${FULL[resync.forecast.reason] ?? resync.forecast.reason}.`]
}

/** What is wrong with the stream that was compared. */
function streamNotes(arrivals: ArrivalFigures | undefined): string[] {
  if (!arrivals) return []
  const { lag, differsAt, skippedBytes, problem } = arrivals
  return [
    ...(lag || problem ? [] : ['cannot be measured by its stream yet: no byte has arrived from both servers.']),
    ...(problem ? [`cannot be measured by its stream: ${problemText(problem)}.`] : []),
    ...(differsAt === undefined ? [] : [`sends a stream that DIFFERS from its master’s at offset ${differsAt}.`]),
    ...(skippedBytes > 0 ? [`lagged too far to compare ${exact(skippedBytes)} bytes of its stream.`] : []),
  ]
}

function arrivalNotes({ lag, errorMs: error, comparedBytes, differsAt }: ArrivalFigures): string[] {
  const margin = error === undefined ? '' : ` (± ${milliseconds(error)}, the network delay)`
  const notes = lag ? [`lags, by its stream: ${quantiles(lag)}${margin}.`] : []
  if (differsAt === undefined && comparedBytes > 0) notes.push(`sent the same ${exact(comparedBytes)} bytes as its master.`)
  return notes
}

function problemText({ end, error, stopped, isOtherHistory }: ArrivalProblem): string {
  const server = end === 'master' ? 'the master' : 'the replica'
  if (isOtherHistory) return 'master and replica have different histories'
  if (stopped) return `no PSYNC was sent to ${server}: ${describeStop(stopped).replace(/\.$/, '')}`
  return `${server}: ${error ? explain(error).what.replace(/\.$/, '') : 'not attached yet'}`
}

function markerNote({ errorMs: error, sent, received }: MarkerFigures, lag: Summary): string {
  return `lags, by markers: ${quantiles(lag)} (upper bounds, up to ${milliseconds(error ?? 0)} too long); ${received} of ${sent} arrived.`
}

function lostMarkersNotes(markers: MarkerFigures | undefined): string[] {
  if (!markers || markers.lag) return []
  const { sent, error } = markers
  return [`has returned none of ${sent} markers${error ? `: ${explain(error).what}` : '.'}`]
}

function quantiles({ p50, p95, p99, max, count }: Summary): string {
  const figures = Object.entries({ p50, p95, p99, max }).flatMap(([name, ms]) => (ms === undefined ? [] : [`${name} ${milliseconds(ms)}`]))
  return `${figures.join(', ')} of ${count === 1 ? '1 sample' : `${exact(count)} samples`}`
}

/** The clients that the master lists without an address; undefined if there are none. */
export function toolsText(replicas: readonly ReplicaReport[]): string | undefined {
  const tools = replicas.filter(({ state }) => state === 'tool')
  if (tools.length === 0) return undefined
  const names = [...new Set(tools.map(({ name }) => name))].join(', ')
  const ours = tools.some(({ name }) => name.startsWith('redis_repl:'))
    ? '; redis_repl is redis-repl itself, this run with --attach too'
    : ''
  const count = tools.length === 1 ? '1 client is' : `${tools.length} clients are`
  return `${count} attached without an address to connect to, as tools are (${names})${ours}.`
}

/** Printed at the end of --watch. */
export function summaryText({ min, average, p50, p99, max, count }: Summary): string {
  const figures = Object.entries({ min, average, p50, p99, max }).flatMap(([name, ms]) => (ms === undefined ? [] : `${name} ${atMost(ms)}`))
  return `lagged ${figures.join(', ')} (${exact(count)} measurements).`
}
