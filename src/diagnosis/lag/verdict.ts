/** The state of a replication in one word and one sentence: the first line of `lag`. */
import { loopHeadline } from '../resync/loop-words.ts'
import { type Cell, type Checked, describeHealthy, describeNoReplicas, describeState, describeUnknown, hasLink } from './check.ts'
import { describeMasterLoss, type LagReport, type ReplicaReport, resyncLoops } from './lag.ts'

/**
 * lost: nothing can be measured against the master. loop: a replica is disconnected and begins again. failed: a limit of the command
 * line does not hold. down: a replica has no link. unknown: the lag of one is not known. none: there is no replica. ok: none of these.
 */
export type LagVerdictKind = 'ok' | 'none' | 'unknown' | 'down' | 'failed' | 'loop' | 'lost'

export interface LagVerdict {
  readonly kind: LagVerdictKind
  readonly text: string
}

/** @param checked the limits of the command line, if there are any */
export function lagVerdict(reports: readonly LagReport[], checked: Checked | undefined): LagVerdict {
  const lost = reports.map(({ master }) => describeMasterLoss(master)).find((loss) => loss !== undefined)
  const [loop] = reports.flatMap(resyncLoops)
  if (loop) return { kind: 'loop', text: loopHeadline(loop) }
  if (lost && (checked === undefined || checked.isLost)) return { kind: 'lost', text: lost }
  if (checked) return { kind: checked.isOk ? 'ok' : 'failed', text: checked.reason }
  return unlimitedVerdict(reports)
}

/** The cell of the table that the verdict rests on; undefined for a replica that does not decide it. */
export function decidingCell(replica: ReplicaReport, report: LagReport, checked: Checked | undefined): Cell | undefined {
  const { kind } = lagVerdict([report], checked)
  switch (kind) {
    case 'loop':
      return resyncLoops(report).some(({ replicas }) => replicas.includes(replica.name)) ? 'state' : undefined
    case 'failed':
      return checked?.fault?.replica === replica.name ? checked.fault.cell : undefined
    case 'down':
      return hasLink(replica) || replica.state === 'tool' ? undefined : 'state'
    case 'unknown':
      return replica.lag || replica.state === 'tool' ? undefined : 'lag'
    default:
      return undefined
  }
}

function unlimitedVerdict(reports: readonly LagReport[]): LagVerdict {
  const replicas = reports.flatMap((report) => report.replicas.filter(({ state }) => state !== 'tool'))
  const scope = reports.length > 1 ? `${reports.length} shards, ` : ''
  const down = replicas.filter((replica) => !hasLink(replica))
  if (down.length > 0) return { kind: 'down', text: `${scope}${downText(down, replicas)}` }
  const hidden = reports.find(({ master }) => master.isListHidden || master.unlisted !== undefined)
  if (hidden) return { kind: 'unknown', text: `${hidden.master.name} ${describeNoReplicas(hidden.master)}` }
  if (replicas.length === 0)
    return { kind: 'none', text: `${scope}${reports.map(({ master }) => `${master.name} ${describeNoReplicas(master)}`).join('; ')}` }
  const unknown = replicas.filter(({ lag }) => !lag)
  if (unknown.length > 0)
    return { kind: 'unknown', text: `${scope}the lag of ${countOf(unknown, replicas)} is unknown: ${unknown.map(whyUnknown).join(', ')}` }
  return { kind: 'ok', text: `${scope}${describeHealthy(replicas)}` }
}

/** A replica that does not answer may have its link. */
function downText(down: readonly ReplicaReport[], replicas: readonly ReplicaReport[]): string {
  const link = down.every(({ state }) => state === 'link-down' || state === 'syncing') ? 'no link' : 'no confirmed link'
  const [only] = replicas
  if (only && replicas.length === 1) return `${only.name} has ${link} to its master (${describeState(only)})`
  const have = down.length === 1 ? `has ${link} to its master` : `have ${link} to their masters`
  return `${countOf(down, replicas)} ${have}: ${down.map(stateOf).join(', ')}`
}

function countOf(some: readonly ReplicaReport[], all: readonly ReplicaReport[]): string {
  return `${some.length} of ${all.length === 1 ? '1 replica' : `${all.length} replicas`}`
}

function stateOf(replica: ReplicaReport): string {
  return `${replica.name} (${describeState(replica)})`
}

function whyUnknown({ name, unknown = 'NOT_ASKED' }: ReplicaReport): string {
  return `${name} (${describeUnknown(unknown)})`
}
