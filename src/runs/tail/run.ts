/** One run of `tail`, from start to summary. */
import { abortError, ReplError } from '../../errors.ts'
import { after, every, now } from '../../io/clock.ts'
import { jsonLine } from '../../render/base/json-line.ts'
import type { StreamProgress } from '../../render/tail/figures.ts'
import { endRecord } from '../../render/tail/json.ts'
import type { TailText } from '../../render/tail/notes.ts'
import type { Connection } from '../connection.ts'
import type { RunContext } from '../context.ts'
import { OneTail } from './one.ts'
import { hasRecords, type TailPlan } from './plan.ts'
import { type Followed, type TailCommands, type TailReport, TailSession } from './session.ts'
import { ShardTails } from './shards.ts'

const LOOK_EVERY_MS = 1000

interface TailRun {
  readonly plan: TailPlan
  readonly connection: Connection
  readonly context: RunContext
  readonly report: TailReport
}

/**
 * Returns when the user stops it or one of its limits is reached.
 * @throws ReplError after it has written everything it received; TIMEOUT or ABORTED when it ended before a stream began
 */
export async function runTail(plan: TailPlan, connection: Connection, context: RunContext, commands: TailCommands): Promise<void> {
  const report = await reportOn(plan, context, commands)
  const { durationMs: limitMs } = plan
  const timeUp = new AbortController()
  const stopClock = limitMs === undefined ? () => {} : after(limitMs, () => timeUp.abort('time limit'))
  const { stop, outputEnded } = context
  try {
    const followed = await followUntil({ plan, connection, context, report }, timeUp.signal)
    if (outputEnded.aborted || followed.pipelines.some(({ hasFollowed }) => hasFollowed)) return
    const cause = [stop, timeUp.signal].find(({ aborted }) => aborted)
    if (cause) throw abortError(cause)
  } catch (error) {
    // Only --duration ended it.
    const isLate = error instanceof ReplError && error.code === 'ABORTED' && !stop.aborted && timeUp.signal.aborted
    if (!isLate || limitMs === undefined) throw error
    throw new ReplError('NOT_FOLLOWED', { endpoint: connection.source.name, limitMs })
  } finally {
    stopClock()
  }
}

async function followUntil({ plan, connection, context, report }: TailRun, timeUp: AbortSignal): Promise<Followed> {
  const startedAt = now()
  const finished = new AbortController()
  const signal = AbortSignal.any([context.stop, context.outputEnded, timeUp, finished.signal])
  const session = await TailSession.open(plan, connection, report, signal)
  const followed = await (plan.isCluster ? ShardTails : OneTail).open(session)
  session.followed = followed
  session.begin()
  const stopLooking = every(LOOK_EVERY_MS, () => showState(session, followed, now() - startedAt))
  const failure = await failureOf(followed.run())
  stopLooking()
  finished.abort('finished')
  if (failure === undefined && hasRecords(plan.view)) writeEnd(context, followed, now() - startedAt)
  const saveFailure = await failureOf(session.keepLast())
  conclude(session, followed, context.outputEnded.aborted, now() - startedAt)
  // The failure that ended the run takes precedence over a failure to save the checkpoint.
  if (failure !== undefined && !isClosedPipe(failure)) throw failure
  if (saveFailure !== undefined) throw saveFailure
  return followed
}

async function failureOf(work: Promise<void>): Promise<unknown> {
  return await work.then(
    () => undefined,
    (error: unknown) => error,
  )
}

/** Shows how far the output lags behind the input, and the statistics so far. */
function showState({ report, view: { counted } }: TailSession, { pipelines }: Followed, elapsedMs: number): void {
  const sum = (what: 'all' | 'onDisk') => pipelines.reduce((bytes, { pending }) => bytes + pending[what], 0)
  report.text?.lagging(sum('all'), sum('onDisk'))
  if (counted && pipelines.some(({ progress }) => progress)) report.stats?.live(counted.stats.figures(), elapsedMs)
}

/** The last record, after everything that was received. A stalled reader is not waited for. */
function writeEnd({ about, stdout, outputEnded }: RunContext, followed: Followed, elapsedMs: number): void {
  if (outputEnded.aborted || !followed.pipelines.some(({ hasFollowed }) => hasFollowed)) return
  stdout.write(jsonLine(endRecord(about, shownOf(followed), elapsedMs)))
}

/** How far the output of each stream got. */
function shownOf({ pipelines }: Followed): StreamProgress[] {
  return pipelines.flatMap(({ progress, server }) => (progress ? [{ ...progress, server }] : []))
}

function conclude({ report, view: { counted } }: TailSession, followed: Followed, isUnread: boolean, elapsedMs: number): void {
  const shown = shownOf(followed)
  if (counted) report.stats?.conclude(counted, shown, elapsedMs)
  if (isUnread) report.text?.end()
  else report.text?.summary(shown, elapsedMs, followed.resume)
}

/** A reader that closes the pipe, such as `head`, has read enough: no failure. */
function isClosedPipe(error: unknown): boolean {
  return error instanceof ReplError && error.details.reason === 'WRITE' && error.details.errno === 'EPIPE'
}

async function reportOn(plan: TailPlan, context: RunContext, commands: TailCommands): Promise<TailReport> {
  const { view } = plan
  const stats = view.isStats ? await statsOn(context) : undefined
  // A gap is never silent: where the output has no record of it, a note says it.
  const text = context.isJson && (view.isStats || hasRecords(view)) ? undefined : await textOn(context, () => stats?.clear())
  const terminal = context.stdout.isTTY && view.format === 'text' ? await context.screen(context.stdout) : undefined
  const askToFork = text && canAsk(context) ? askerOn(text, context) : undefined
  const { about, waiting } = context
  return { about, waiting, terminal, text, stats, commands, ...(askToFork && { askToFork }) }
}

function canAsk({ stderr, detail }: RunContext): boolean {
  return process.stdin.isTTY && stderr.isTTY && !detail.quiet
}

function askerOn(text: TailText, { stop, waiting }: RunContext): NonNullable<TailReport['askToFork']> {
  return async (name, server) => {
    waiting.over()
    const { confirm } = await import('../../io/ask.ts')
    return await confirm(text.forkQuestion(name, server), stop)
  }
}

async function textOn({ isJson, screen, stderr, ...context }: RunContext, beforeNote: () => void) {
  const detail = { ...context.detail, quiet: context.detail.quiet || isJson }
  const [{ TailText }, { progressOn }] = await Promise.all([import('../../render/tail/notes.ts'), import('../../render/base/progress.ts')])
  return new TailText(await progressOn(stderr, detail.quiet, now), detail, stderr, await screen(stderr), beforeNote)
}

async function statsOn({ about, isJson, screen, stdout }: RunContext) {
  if (isJson) return new (await import('../../render/tail/stats/json.ts')).StatsJson(stdout, about)
  return new (await import('../../render/tail/stats/tables.ts')).StatsTables(stdout, await screen(stdout))
}
