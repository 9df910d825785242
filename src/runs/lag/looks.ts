/** When `lag` measures a tree: once, until all limits hold, or repeatedly. */

import { adviseOnLag } from '../../diagnosis/lag/advice.ts'
import { type Criteria, checkAll, hasCriteria, needsOffset } from '../../diagnosis/lag/check.ts'
import { findLoss, type ReplicaReport, resyncLoops } from '../../diagnosis/lag/lag.ts'
import { duration } from '../../diagnosis/units.ts'
import { type ErrorCode, ReplError } from '../../errors.ts'
import { now, sleep } from '../../io/clock.ts'
import type { LagLook } from '../../render/lag/view.ts'
import type { Surveys } from '../../survey/source-survey.ts'
import type { LagPlan } from './plan.ts'

const LOOK_EVERY_MS = 250
/** Extra watch time, to see that a replica is just within --max-seconds. */
const BEYOND_MS = 500
export const RETRY_MS = 1000

export interface LagOutput {
  /** Prints one measurement. @param code of the exit status that the run has so far */
  show(look: LagLook, code: ErrorCode | undefined): void
  /** Reports that the run waits, and why. */
  waiting(phase: string, reason: string): void
  /** Ends a watch with its last measurement. */
  conclude(look: LagLook | undefined): void
}

/** The result of the last measurement. */
export interface LagOutcome {
  /** Whether all limits held; in a watch, in every measurement. */
  readonly isWell: boolean
  /** Why the measurement failed. */
  readonly lost?: ReplError
}

/** @throws ReplError of the target that the user named */
export async function lookAtTrees(
  plan: LagPlan,
  open: () => Promise<Surveys>,
  output: LagOutput,
  signal: AbortSignal,
): Promise<LagOutcome> {
  const startedAt = now()
  const surveys = await openWithRetry(plan, open, output, startedAt, signal)
  try {
    return await (plan.watch ? watch(surveys, plan, output, signal) : judge(surveys, plan, output, startedAt, signal))
  } finally {
    await surveys.close()
  }
}

/** With --wait the server may still be starting, so a failure to connect is retried. */
async function openWithRetry(
  { waitMs = 0 }: LagPlan,
  open: () => Promise<Surveys>,
  output: LagOutput,
  startedAt: number,
  signal: AbortSignal,
): Promise<Surveys> {
  for (;;) {
    try {
      return await open()
    } catch (error) {
      if (!isPassing(error) || now() - startedAt + RETRY_MS > waitMs) throw error
      output.waiting(`waiting at most ${duration(waitMs)} for the server`, error.message)
      await sleep(RETRY_MS, signal)
    }
  }
}

/** Whether a later connection may succeed, because the server is starting for example. */
export function isPassing(error: unknown): error is ReplError {
  return error instanceof ReplError && ['MASTER_UNREACHABLE', 'TIMEOUT', 'LINK_LOST', 'TRY_LATER'].includes(error.code)
}

/** Measures until the answer is known: after --sample, when the limits held for --for, or when --wait expires. */
async function judge(surveys: Surveys, plan: LagPlan, output: LagOutput, startedAt: number, signal: AbortSignal): Promise<LagOutcome> {
  const from = now()
  let goodSince: number | undefined
  output.waiting('watching the offsets', `for ${duration(plan.sampleMs)}`)
  await sleep(Math.min(plan.sampleMs, LOOK_EVERY_MS), signal)
  for (;;) {
    const look = await lookAt(surveys, plan)
    const { checked } = look
    goodSince = checked && !checked.isOk ? undefined : (goodSince ?? now())
    const isHeld = goodSince !== undefined && now() - goodSince >= plan.forMs
    const isSampled = now() - from >= Math.max(plan.sampleMs, watchMsOf(look))
    const isOver = isSampled && (goodSince === undefined ? mayEnd(plan, replicasOf(look), from, startedAt) : isHeld)
    if (isOver) {
      const outcome = outcomeOf(look, isWell(look), plan.criteria)
      output.show(look, codeOf(outcome))
      return outcome
    }
    if (checked && !checked.isOk) output.waiting(waitingText(plan), checked.reason)
    await sleep(LOOK_EVERY_MS, signal)
  }
}

function waitingText({ waitMs }: LagPlan): string {
  return waitMs === undefined ? 'measuring again' : `waiting at most ${duration(waitMs)}`
}

/** Whether to give up when a limit does not hold. */
function mayEnd(
  { waitMs, criteria: { maxSeconds } }: LagPlan,
  replicas: readonly ReplicaReport[],
  from: number,
  startedAt: number,
): boolean {
  if (waitMs !== undefined) return now() - startedAt >= waitMs
  // A replica that lacks bytes from before our first measurement may still be within the limit.
  const isOpen = replicas.some(({ lag }) => lag && lag.bounds.high === undefined && lag.bounds.low <= (maxSeconds ?? 0) * 1000)
  return !isOpen || now() - from >= (maxSeconds ?? 0) * 1000 + BEYOND_MS
}

async function watch(surveys: Surveys, plan: LagPlan, output: LagOutput, signal: AbortSignal): Promise<LagOutcome> {
  const { count, durationMs } = plan.watch ?? { count: 1, durationMs: 0 }
  const end = now() + durationMs
  let failed = 0
  let look: LagLook | undefined
  try {
    for (let looks = 0; looks < count && now() < end; looks++) {
      await sleep(Math.min(plan.intervalMs, Math.max(0, end - now())), signal)
      look = await lookAt(surveys, plan)
      if (!isWell(look) || lossIn(look, plan.criteria)) failed += 1
      output.show(look, codeOf(outcomeOf(look, failed === 0, plan.criteria)))
    }
  } catch (error) {
    // Ctrl-C is the normal end of a watch.
    if (!(error instanceof ReplError && error.code === 'ABORTED')) throw error
  }
  output.conclude(look)
  return outcomeOf(look, failed === 0, plan.criteria)
}

function outcomeOf(look: LagLook | undefined, isWell: boolean, criteria: Criteria): LagOutcome {
  const lost = look && lossIn(look, criteria)
  return { isWell, ...(lost && { lost }) }
}

/** The failure that the exit status stands for; undefined if all is well. */
export function codeOf({ isWell, lost }: LagOutcome): ErrorCode | undefined {
  return lost?.code ?? (isWell ? undefined : 'EXPECTATION_FAILED')
}

/** Why nothing could be measured in one of the trees. The links can be checked without an offset. */
function lossIn({ views }: LagLook, criteria: Criteria): ReplError | undefined {
  for (const { report } of views) {
    const { master } = report
    const loss = findLoss(master)
    if (!loss || (loss.trouble === 'NO_OFFSET' && !needsOffset(criteria))) continue
    const hasAnswered = master.offset !== undefined && !master.isReplica
    return new ReplError('MASTER_LOST', { endpoint: master.name, ...loss, ...(hasAnswered && { answered: 'BEFORE' }) })
  }
  return undefined
}

export async function lookAt(surveys: Surveys, { criteria, cutSeconds }: LagPlan): Promise<LagLook> {
  const views = (await surveys.look()).map(({ settings, ...surveyed }) => ({
    ...surveyed,
    advice: adviseOnLag(surveyed.report, settings, cutSeconds),
    checked: hasCriteria(criteria) ? checkAll([surveyed.report], criteria) : undefined,
  }))
  const reports = views.map(({ report }) => report)
  return { views, checked: hasCriteria(criteria) ? checkAll(reports, criteria) : undefined }
}

/** A resync loop needs no limit to be a fault. */
function isWell({ views, checked }: LagLook): boolean {
  return (checked?.isOk ?? true) && views.every(({ report }) => resyncLoops(report).length === 0)
}

/** While something points to a resync loop, a short sample becomes longer: one full resync may be a replica that joins. */
function watchMsOf({ views }: LagLook): number {
  return Math.max(0, ...views.flatMap(({ report: { resyncs = [] } }) => resyncs.map(({ watchMs }) => watchMs)))
}

function replicasOf({ views }: LagLook): readonly ReplicaReport[] {
  return views.flatMap(({ report }) => report.replicas)
}
