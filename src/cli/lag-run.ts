/** One run of `lag`: a look, a wait until all is well, or a watch. */
import { type LagReport, whyLost } from '../diagnosis/lag.ts'
import { adviseOnLag } from '../diagnosis/lag-advice.ts'
import { type Checked, checkLag, hasCriteria } from '../diagnosis/lag-check.ts'
import { ReplError } from '../errors.ts'
import { now, sleep } from '../io/clock.ts'
import type { LagView } from '../render/lag-view.ts'
import { Survey, type SurveyOptions } from '../topology/survey.ts'
import type { LagPlan } from './lag-flags.ts'

const LOOK_EVERY_MS = 250
/** A replica that is just within --max-seconds is seen to be when it was watched a little longer. */
const BEYOND_MS = 500
const RETRY_MS = 1000

export interface LagOutput {
  /** How a look comes out. */
  show(view: LagView): void
  /** Something is waited for. */
  waiting(phase: string, reason: string): void
  /** The last look of a watch. */
  conclude(view: LagView | undefined): void
}

/** What the last look has shown. */
export interface LagOutcome {
  /** Whether all that must hold did. */
  readonly isWell: boolean
  /** Why nothing could be measured. */
  readonly lost?: ReplError
}

/** @throws ReplError of the server that the user named */
export async function runLag(plan: LagPlan, options: SurveyOptions, output: LagOutput, signal: AbortSignal): Promise<LagOutcome> {
  const began = now()
  const survey = await open(plan, options, output, began, signal)
  try {
    return await (plan.watch ? watch(survey, plan, output, signal) : judge(survey, plan, output, began, signal))
  } finally {
    await survey.close()
  }
}

/** With --wait the server need not be there yet. */
async function open(
  { waitMs = 0 }: LagPlan,
  options: SurveyOptions,
  output: LagOutput,
  began: number,
  signal: AbortSignal,
): Promise<Survey> {
  for (;;) {
    try {
      return await Survey.open(options, signal)
    } catch (error) {
      const isPassing = error instanceof ReplError && ['MASTER_UNREACHABLE', 'TIMEOUT', 'LINK_LOST', 'TRY_LATER'].includes(error.code)
      if (!isPassing || now() - began + RETRY_MS > waitMs) throw error
      output.waiting('waiting for the server', error.message)
      await sleep(RETRY_MS, signal)
    }
  }
}

/** Looks until what was asked for is known: at once, for --for, or until --wait is over. */
async function judge(survey: Survey, plan: LagPlan, output: LagOutput, began: number, signal: AbortSignal): Promise<LagOutcome> {
  const from = now()
  let goodSince: number | undefined
  output.waiting('watching the offsets', '')
  await sleep(Math.min(plan.sampleMs, LOOK_EVERY_MS), signal)
  for (;;) {
    const view = await lookAt(survey, plan)
    const { report, checked } = view
    goodSince = checked && !checked.isOk ? undefined : (goodSince ?? now())
    const isHeld = goodSince !== undefined && now() - goodSince >= plan.forMs
    const isSampled = now() - from >= plan.sampleMs
    const isOver = isSampled && (goodSince === undefined ? mayEnd(plan, report, from, began) : isHeld)
    if (isOver) {
      output.show(view)
      return outcome(view, checked?.isOk ?? true)
    }
    if (checked && !checked.isOk) output.waiting('waiting', checked.reason)
    await sleep(LOOK_EVERY_MS, signal)
  }
}

/** Whether to give up on what does not hold. */
function mayEnd({ waitMs, criteria: { maxSeconds } }: LagPlan, { replicas }: LagReport, from: number, began: number): boolean {
  if (waitMs !== undefined) return now() - began >= waitMs
  // Whoever lacks bytes from before our first look may still be within the limit.
  const isOpen = replicas.some(({ lag }) => lag && lag.bounds.high === undefined && lag.bounds.low <= (maxSeconds ?? 0) * 1000)
  return !isOpen || now() - from >= (maxSeconds ?? 0) * 1000 + BEYOND_MS
}

async function watch(survey: Survey, plan: LagPlan, output: LagOutput, signal: AbortSignal): Promise<LagOutcome> {
  const { count, durationMs } = plan.watch ?? { count: 1, durationMs: 0 }
  const end = now() + durationMs
  let failed = 0
  let view: LagView | undefined
  try {
    for (let looks = 0; looks < count && now() < end; looks++) {
      await sleep(Math.min(plan.intervalMs, Math.max(0, end - now())), signal)
      view = await lookAt(survey, plan)
      if (view.checked && !view.checked.isOk) failed += 1
      output.show(view)
    }
  } catch (error) {
    // To be stopped is how a watch ends.
    if (!(error instanceof ReplError && error.code === 'ABORTED')) throw error
  }
  output.conclude(view)
  return outcome(view, failed === 0)
}

function outcome(view: LagView | undefined, isWell: boolean): LagOutcome {
  const master = view?.report.master
  const why = master && whyLost(master)
  if (!master || why === undefined) return { isWell }
  const code = master.failure?.code ?? 'MASTER_UNREACHABLE'
  return { isWell, lost: new ReplError(code, { reason: 'MASTER_LOST', endpoint: master.name, given: why }) }
}

async function lookAt(survey: Survey, { criteria, cutSeconds }: LagPlan): Promise<LagView> {
  const report = await survey.look()
  const checked: Checked | undefined = hasCriteria(criteria) ? checkLag(report, criteria) : undefined
  return { report, advice: adviseOnLag(report, survey.settings, cutSeconds), checked, markerCost: survey.markerCost }
}
