/** One run of `tail`: a follower and a consumer on either side of the spool, the limits, and what is said at the end. */
import { learnKeys } from '../engine/command-table.ts'
import { Consumer, type Progress as Passed } from '../engine/consume.ts'
import { Follower } from '../engine/follow.ts'
import type { StreamMark } from '../engine/follow-events.ts'
import { ReplError } from '../errors.ts'
import { after, every, now } from '../io/clock.ts'
import { endsInsideLine, keepFlowing } from '../io/output.ts'
import { StdoutSink } from '../io/rdb-file.ts'
import { Spool } from '../io/spool.ts'
import { readState, type SavedState, StateFile } from '../io/state-file.ts'
import type { TailText } from '../render/human/tail.ts'
import type { StatsReport } from '../render/stats-report.ts'
import type { Printer } from '../render/stream/printer.ts'
import { StatsView } from '../render/stream/stats-view.ts'
import type { Connection } from './connection.ts'
import { followOptions, parseLimit, spoolFolder } from './tail-flags.ts'
import { isLineBased, type TailFlags, tailView } from './tail-view.ts'

const SPOOL_MEMORY_BYTES = 32 * 1024 * 1024
const LOOK_EVERY_MS = 1000

export interface TailRun {
  readonly connection: Connection
  readonly flags: TailFlags
  /** Ctrl-C and its like. */
  readonly stop: AbortSignal
  /** Nobody reads any more. */
  readonly outputEnded: AbortSignal
  readonly text: TailText | undefined
  readonly stats: StatsReport | undefined
  /** The words of a command that goes on from there. */
  readonly goOn: (place: string) => string
}

/** Returns when it was stopped, or has seen enough. @throws ReplError when everything that was received has been written. */
export async function runTail(run: TailRun): Promise<void> {
  const { flags, connection, text } = run
  const began = now()
  const finished = new AbortController()
  const signal = AbortSignal.any([run.stop, run.outputEnded, finished.signal])
  const stopClock = flags.duration === undefined ? () => {} : after(flags.duration * 1000, () => finished.abort())
  const untilOffset = parseLimit(flags['until-offset'])
  const saved = flags.state === undefined ? undefined : await readState(flags.state)
  const followed = followOptions(flags, saved)
  const sink = new StdoutSink(signal)
  const view = await tailView(
    flags,
    async () => learnKeys((await connection.source.find(signal)).access, signal),
    (bytes) => sink.write(bytes),
  )
  const spool = new Spool<StreamMark>({
    memoryBytes: SPOOL_MEMORY_BYTES,
    diskBytes: followed.spoolBytes,
    folder: spoolFolder(flags['spool-dir']),
  })
  const follower = new Follower(
    { source: connection.source, ...connection.manners, ...followed },
    spool,
    (event) => text?.show(event),
    signal,
  )
  const keeper = flags.state === undefined ? undefined : new StateFile(flags.state, process.stdout.fd)
  let passed: Passed | undefined
  const flushed = async (progress: Passed) => {
    passed = progress
    follower.delivered(progress.place.offset)
    await keeper?.save(stateOf(progress), now())
  }
  keepFlowing(process.stdout)
  if (saved && isLineBased(flags) && endsInsideLine(process.stdout.fd)) process.stdout.write('\n')
  signal.addEventListener('abort', () => spool.end())
  const stopLooking = every(LOOK_EVERY_MS, () => {
    text?.behind(spool.bytes, spool.diskBytes)
    if (passed && view instanceof StatsView) run.stats?.live(view.stats.figures(), now() - began)
  })
  const following = follower.run()
  try {
    await new Consumer(view, { flat: flags.flat, untilOffset }).run(spool, flushed, signal)
  } catch (error) {
    if (!isQuietEnd(error, signal)) throw named(error, connection.source.name)
  } finally {
    stopLooking()
    stopClock()
    finished.abort()
    await spool.close()
    await following
    connection.source.close?.()
    if (passed) await keeper?.saveNow(stateOf(passed), now())
    conclude(run, view, passed, now() - began)
  }
}

function conclude(run: TailRun, view: Printer | StatsView, passed: Passed | undefined, elapsedMs: number): void {
  if (view instanceof StatsView) run.stats?.conclude(view.stats.figures(), view.gaps, passed, elapsedMs)
  if (run.outputEnded.aborted) run.text?.end()
  else run.text?.summary(passed, elapsedMs, passed && goOn(run, passed))
}

function named(error: unknown, endpoint: string): unknown {
  return error instanceof ReplError ? error.with({ endpoint }) : error
}

function stateOf({ replid, place }: Passed): SavedState {
  return { replid, offset: place.offset, db: place.db ?? null, transaction: place.transaction ?? null }
}

function goOn({ flags, goOn: command }: TailRun, { replid, place }: Passed): string {
  return flags.state === undefined ? command(`${replid}:${place.offset}`) : `the same command (the place is in ${flags.state})`
}

/** Whoever closes a pipe has what they wanted; whoever stops us does not want to hear of it. */
function isQuietEnd(error: unknown, signal: AbortSignal): boolean {
  if (!(error instanceof ReplError)) return false
  return (error.code === 'ABORTED' && signal.aborted) || (error.code === 'OUTPUT_FAILED' && error.details.errno === 'EPIPE')
}
