/** Checks a replication against the limits of the command line, with the reason in one line. */

import { phaseOf } from '../../protocol/info/replicas.ts'
import { loopHeadline } from '../resync/loop-words.ts'
import { bytes as human } from '../units.ts'
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
}

/** A replica with an older ACK counts as disconnected, even if its master still lists it: the default of min-replicas-max-lag. */
const ACK_WITHIN_SECONDS = 10

export function hasCriteria({ maxBytes, maxSeconds, minReplicas, requireLink }: Criteria): boolean {
  return requireLink || [maxBytes, maxSeconds, minReplicas].some((limit) => limit !== undefined)
}

function checkLag(report: LagReport, criteria: Criteria): Checked {
  const { master, replicas } = report
  const lost = describeMasterLoss(master)
  // The state of the links can be checked without offsets.
  const needsOffset = findLoss(master)?.trouble !== 'NO_OFFSET' || criteria.maxBytes !== undefined || criteria.maxSeconds !== undefined
  if (lost && needsOffset) return fail(lost)
  const [loop] = resyncLoops(report)
  if (loop) return fail(loopHeadline(loop))
  const real = replicas.filter(({ state }) => state !== 'tool')
  const faults = new Map(real.map((replica) => [replica.name, faultOf(replica, criteria)]))
  const first = [...faults.values()].find((fault) => fault !== undefined)
  if (first) return fail(first)
  if (master.unlisted !== undefined && needsAll(criteria)) return fail(`${master.name} ${describeUnlisted(master.unlisted)}`)
  const good = real.filter((replica) => hasLink(replica)).length
  const { minReplicas = 0 } = criteria
  if (good < minReplicas) return fail(`${good} of the ${minReplicas} wanted replicas (--min-replicas) have their link`)
  return { isOk: true, reason: real.length === 0 ? `${master.name} ${describeNoReplicas(master)}` : describeHealthy(real) }
}

/** Whether the limits hold for every replica, so that one which is not listed is one of which nothing is known. */
function needsAll({ maxBytes, maxSeconds, requireLink }: Criteria): boolean {
  return requireLink || maxBytes !== undefined || maxSeconds !== undefined
}

/** What is known of a master that lists no replica. */
export function describeNoReplicas({ unlisted, isByRole }: MasterReport): string {
  if (unlisted !== undefined) return describeUnlisted(unlisted)
  // A replica that takes a full resync is not in the list of ROLE.
  return isByRole ? 'has no replicas that are online, as ROLE tells' : 'has no replicas'
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

function faultOf(replica: ReplicaReport, { maxBytes, maxSeconds, requireLink }: Criteria): string | undefined {
  const { name, lag, unknown } = replica
  if (requireLink && !hasLink(replica)) return `${name}: ${describeState(replica)} (--require-link)`
  if (maxBytes === undefined && maxSeconds === undefined) return undefined
  if (!lag) return `${name}: its lag is not known, ${describeUnknown(unknown ?? 'NOT_ASKED')}`
  if (maxBytes !== undefined && lag.bytes > maxBytes) return `${name} is ${human(lag.bytes)} behind, more than --max-bytes ${maxBytes}`
  if (maxSeconds === undefined) return undefined
  const seconds = mostSeconds(replica)
  if (seconds === undefined)
    return `${name} is at least ${(lag.bounds.low / 1000).toFixed(3)} s behind, and was not seen to be within --max-seconds ${maxSeconds}`
  return seconds > maxSeconds ? `${name} is up to ${seconds.toFixed(3)} s behind, more than --max-seconds ${maxSeconds}` : undefined
}

/** The upper bound of the lag by the most exact measure available; undefined if there is no upper bound. */
export function mostSeconds({ lag, arrivals, markers }: ReplicaReport): number | undefined {
  // Of fewer than 100 samples there is no p99: none of them was later than the last.
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
  // A link that is up but brings another history leads to another master.
  return state === 'online' && unknown !== 'OTHER_HISTORY'
}

function describeHealthy(replicas: readonly ReplicaReport[]): string {
  const seconds = replicas.map(mostSeconds)
  const bytes = replicas.map(({ lag }) => lag?.bytes)
  const cut = replicas.filter((replica) => !hasLink(replica)).length
  const count = `${replicas.length === 1 ? '1 replica' : `${replicas.length} replicas`}${cut > 0 ? ` (${cut} not seen to have its link)` : ''}`
  if (seconds.includes(undefined) || bytes.includes(undefined)) return count
  return `${count}, up to ${Math.max(...(seconds as number[])).toFixed(3)} s and ${human(Math.max(...(bytes as number[])))} behind`
}

/** Short enough for a table cell. */
export function describeState({ state, link, listed, silentMs, unknown }: ReplicaReport): string {
  switch (state) {
    case 'online':
      return unknown === 'OTHER_HISTORY' ? 'another history' : 'online'
    case 'link-down':
      if (link?.status) return `link ${link.status}`
      return link?.downSeconds === undefined ? 'link down' : link.downSeconds < 0 ? 'link never up' : `link down ${link.downSeconds} s`
    case 'syncing':
      return 'full resync'
    case 'loading':
      return 'loading'
    case 'silent':
      return `no answer ${(silentMs / 1000).toFixed(1)} s`
    case 'not-asked':
      return 'not asked yet'
    case 'unreachable':
      return 'unreachable'
    case 'listed':
      return `listed ${listed?.state ?? ''}`.trimEnd()
    case 'stranger':
      return 'is a master'
    case 'tool':
      return 'a tool'
  }
}

const UNKNOWN: Record<LagUnknown, string> = {
  MASTER_UNKNOWN: 'since its master cannot be asked',
  SYNCING: 'since it takes a full resync',
  NEVER_SYNCED: 'since it has never been synced',
  OTHER_HISTORY: 'since it has another history than this master',
  NO_ACK: 'since it has acknowledged nothing yet',
  NOT_ASKED: 'since it cannot be asked and no master lists it',
  TOO_EARLY: 'since it was not watched for long enough yet',
  TOOL: 'since it is a tool, which acknowledges nothing',
  NOT_A_REPLICA: 'since it says that it is a master',
}

export function describeUnknown(unknown: LagUnknown): string {
  return UNKNOWN[unknown]
}

function fail(reason: string): Checked {
  return { isOk: false, reason }
}
