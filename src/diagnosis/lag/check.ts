/** Checks a replication against the limits of the command line, with the reason in one line. */

import { phaseOf } from '../../protocol/info/replicas.ts'
import { loopHeadline } from '../resync/loop-words.ts'
import { atLeast, atMost, bytes as human, short } from '../units.ts'
import { describeMasterLoss, findLoss, type LagReport, type LagUnknown, type MasterReport, type ReplicaReport, resyncLoops } from './lag.ts'

export interface Criteria {
  readonly maxBytes?: number
  readonly maxSeconds?: number
  readonly minReplicas?: number
  readonly requireLink: boolean
}

export interface Checked {
  readonly isOk: boolean
  readonly reason: string
  /** The figure that breaks a limit. */
  readonly fault?: Fault
}

/** One cell of the table of replicas. */
export type Cell = 'state' | 'lag' | 'time'

interface Fault {
  readonly replica: string
  readonly cell: Cell
}

/** A replica with an older ACK counts as disconnected, even if its master still lists it: the default of min-replicas-max-lag. */
const ACK_WITHIN_SECONDS = 10

export function hasCriteria({ maxBytes, maxSeconds, minReplicas, requireLink }: Criteria): boolean {
  return requireLink || [maxBytes, maxSeconds, minReplicas].some((limit) => limit !== undefined)
}

/** The state of the links can be checked without offsets. */
export function needsOffset(criteria: Criteria): boolean {
  return !hasCriteria(criteria) || criteria.maxBytes !== undefined || criteria.maxSeconds !== undefined
}

function checkLag(report: LagReport, criteria: Criteria): Checked {
  const { master, replicas } = report
  const lost = describeMasterLoss(master)
  if (lost && (findLoss(master)?.trouble !== 'NO_OFFSET' || needsOffset(criteria))) return fail(lost)
  const [loop] = resyncLoops(report)
  if (loop) return fail(loopHeadline(loop))
  const real = replicas.filter(({ state }) => state !== 'tool')
  const first = real.map((replica) => faultOf(replica, criteria)).find((fault) => fault !== undefined)
  if (first) return first
  if (master.isListHidden && real.length === 0) return fail(`${master.name} ${HIDDEN_LIST}`)
  if (master.unlisted !== undefined && needsAll(criteria)) return fail(`${master.name} ${describeUnlisted(master.unlisted)}`)
  const good = real.filter((replica) => hasLink(replica)).length
  const { minReplicas = 0 } = criteria
  if (good < minReplicas) return fail(`${good} of at least ${minReplicas} replicas (--min-replicas) have a link`)
  return { isOk: true, reason: real.length === 0 ? `${master.name} ${describeNoReplicas(master)}` : describeHealthy(real) }
}

/** Whether the limits must hold for every replica, so that an unlisted replica may break them. */
function needsAll({ maxBytes, maxSeconds, requireLink }: Criteria): boolean {
  return requireLink || maxBytes !== undefined || maxSeconds !== undefined
}

const HIDDEN_LIST = 'does not show whether it has replicas'

/** A master that lists no replica. */
export function describeNoReplicas({ unlisted, isListHidden, isByRole }: MasterReport): string {
  if (isListHidden) return HIDDEN_LIST
  if (unlisted !== undefined) return describeUnlisted(unlisted)
  // A replica that takes a full resync is not in the list of ROLE.
  return isByRole ? 'has no online replicas, by ROLE' : 'has no replicas'
}

function describeUnlisted(count: number): string {
  return `counts ${count === 1 ? '1 replica' : `${count} replicas`} that it does not list`
}

/** Checks all trees of a cluster together: a fault in one tree is a fault of the cluster. */
export function checkAll(reports: readonly LagReport[], criteria: Criteria): Checked {
  const checks = reports.map((report) => checkLag(report, criteria))
  const [first] = checks
  if (first && checks.length === 1) return first
  const fault = checks.find(({ isOk }) => !isOk)
  if (fault) return fault
  const real = reports.flatMap(({ replicas }) => replicas.filter(({ state }) => state !== 'tool'))
  return { isOk: true, reason: `${checks.length} shards, ${real.length === 0 ? 'no replicas' : describeHealthy(real)}` }
}

function faultOf(replica: ReplicaReport, { maxBytes, maxSeconds, requireLink }: Criteria): Checked | undefined {
  const { name, lag, unknown } = replica
  const broken = (cell: Cell, text: string): Checked => ({ ...fail(`${name}${text}`), fault: { replica: name, cell } })
  if (requireLink && !hasLink(replica)) return broken('state', `: ${describeState(replica)} (--require-link)`)
  if (maxBytes === undefined && maxSeconds === undefined) return undefined
  if (!lag) return broken('lag', `: its lag is unknown, ${describeUnknown(unknown ?? 'NOT_ASKED')}`)
  if (maxBytes !== undefined && lag.bytes > maxBytes)
    return broken('lag', ` is ${human(lag.bytes)} behind, more than --max-bytes ${maxBytes}`)
  if (maxSeconds === undefined) return undefined
  const seconds = mostSeconds(replica)
  if (seconds === undefined)
    return broken('time', ` is at least ${atLeast(lag.bounds.low)} behind; the sample is too short to confirm --max-seconds ${maxSeconds}`)
  return seconds > maxSeconds
    ? broken('time', ` is up to ${atMost(seconds * 1000)} behind, more than --max-seconds ${maxSeconds}`)
    : undefined
}

/** The upper bound of the lag by the most exact measure available; undefined if there is no upper bound. */
export function mostSeconds({ lag, arrivals, markers }: ReplicaReport): number | undefined {
  // Fewer than 100 samples have no p99, so the largest counts.
  const measured = arrivals?.lag ?? markers?.lag
  const ms = measured?.p99 ?? measured?.max ?? lag?.bounds.high
  return ms === undefined ? undefined : Math.max(0, ms) / 1000
}

/** By the replica's own INFO, or by its master's list and a fresh ACK there if the replica is unreachable. */
export function hasLink({ state, listed, unknown }: Pick<ReplicaReport, 'state' | 'listed' | 'unknown'>): boolean {
  if (state === 'unreachable' || state === 'listed' || state === 'not-asked') {
    const { ackAgeSeconds } = listed ?? {}
    return listed !== undefined && phaseOf(listed) === 'online' && ackAgeSeconds !== undefined && ackAgeSeconds <= ACK_WITHIN_SECONDS
  }
  // A replica with another history has a link to another master.
  return state === 'online' && unknown !== 'OTHER_HISTORY'
}

export function describeHealthy(replicas: readonly ReplicaReport[]): string {
  const cut = replicas.filter((replica) => !hasLink(replica)).length
  const count = `${replicas.length === 1 ? '1 replica' : `${replicas.length} replicas`}${cut > 0 ? ` (${cut} without a confirmed link)` : ''}`
  const byAck = replicas.filter(({ lag }) => lag?.method === 'ack')
  const measured = replicas.filter((replica) => !byAck.includes(replica))
  const [seconds, bytes] = [measured.map(mostSeconds), measured.map(({ lag }) => lag?.bytes)]
  if (seconds.includes(undefined) || bytes.includes(undefined)) return count
  const [slowest, furthest] = [Math.max(...(seconds as number[])), Math.max(...(bytes as number[]))]
  const own = measured.length === 0 ? '' : `, ${distanceText(slowest * 1000, furthest)}`
  return `${count}${own}${byAck.length === 0 ? '' : ackText(byAck, measured.length === 0)}`
}

/** Without a missing byte the time is the error bound of the measurement. */
function distanceText(ms: number, bytes: number): string {
  if (ms === 0 && bytes === 0) return 'caught up'
  return `up to ${atMost(ms)}${bytes === 0 ? '' : ` and ${human(bytes)}`} behind`
}

/** An ACK shows what the replica had applied when it sent the ACK. */
function ackText(replicas: readonly ReplicaReport[], areAll: boolean): string {
  const missing = Math.max(...replicas.map(({ lag }) => lag?.bytes ?? 0))
  const which = areAll ? 'by their ACKs only' : `${replicas.length} of them by ACK only`
  return `, ${which}: ${missing === 0 ? 'all bytes acknowledged' : `up to ${human(missing)} not acknowledged`}`
}

/** Short enough for a table cell. */
export function describeState({ state, link, listed, silentMs, unknown }: ReplicaReport): string {
  switch (state) {
    case 'online':
      return unknown === 'OTHER_HISTORY' ? 'another history' : 'online'
    case 'link-down':
      if (link?.status) return `link ${link.status}`
      return link?.downSeconds === undefined
        ? 'link down'
        : link.downSeconds < 0
          ? 'link never up'
          : `link down ${short(link.downSeconds * 1000)}`
    case 'syncing':
      return 'full resync'
    case 'loading':
      return 'loading'
    case 'silent':
      return `no answer ${short(silentMs)}`
    case 'not-asked':
      return 'not asked yet'
    case 'unreachable':
      return 'unreachable'
    case 'listed':
      return `listed ${listed?.state ?? ''}`.trimEnd()
    case 'unlisted':
      return 'not listed'
    case 'stranger':
      return 'is a master'
    case 'tool':
      return 'a tool'
  }
}

const UNKNOWN: Record<LagUnknown, string> = {
  MASTER_UNKNOWN: 'because its master does not answer',
  NO_MASTER_OFFSET: 'because its master shows no offset',
  SYNCING: 'because it is receiving a full resync',
  NEVER_SYNCED: 'because it has never been in sync',
  OTHER_HISTORY: 'because its history (replid) is not that of this master',
  NO_ACK: 'because it has sent no ACK yet',
  NOT_ASKED: 'because it does not answer and no master lists it',
  TOO_EARLY: 'because the sample is too short',
  TOOL: 'because it is a tool, which sends no ACK',
  NOT_A_REPLICA: 'because it says that it is a master',
}

export function describeUnknown(unknown: LagUnknown): string {
  return UNKNOWN[unknown]
}

function fail(reason: string): Checked {
  return { isOk: false, reason }
}
