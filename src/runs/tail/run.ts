/** One run of `tail`, from its beginning to the summary. */
import { ReplError } from '../../errors.ts'
import { after, every, now } from '../../io/clock.ts'
import { endsInsideLine, keepFlowing } from '../../io/sinks/output.ts'
import { OneTail } from './one.ts'
import { type Followed, type TailRun, TailSession } from './session.ts'
import { ShardTails } from './shards.ts'
import { isLineBased } from './view.ts'

const LOOK_EVERY_MS = 1000

/**
 * Returns when it was stopped, or has seen enough.
 * @throws ReplError when everything that was received has been written; TIMEOUT, ABORTED when it ended before it followed anything
 */
export async function runTail(run: TailRun): Promise<void> {
  const { duration } = run.flags
  const limitMs = duration === undefined ? undefined : duration * 1000
  const timeUp = new AbortController()
  const stopClock = limitMs === undefined ? () => {} : after(limitMs, () => timeUp.abort())
  try {
    const followed = await followUntil(run, timeUp.signal)
    if (run.outputEnded.aborted || followed.strands.some(({ hasFollowed }) => hasFollowed)) return
    if (run.stop.aborted || timeUp.signal.aborted) throw new ReplError('ABORTED')
  } catch (error) {
    // Nobody has stopped it but its own clock.
    const isLate = error instanceof ReplError && error.code === 'ABORTED' && !run.stop.aborted && timeUp.signal.aborted
    throw isLate && limitMs !== undefined ? new ReplError('NOT_FOLLOWED', { endpoint: run.connection.source.name, limitMs }) : error
  } finally {
    stopClock()
  }
}

async function followUntil(run: TailRun, timeUp: AbortSignal): Promise<Followed> {
  const { flags, stop, outputEnded, text, stats } = run
  const began = now()
  const finished = new AbortController()
  const signal = AbortSignal.any([stop, outputEnded, timeUp, finished.signal])
  const session = await TailSession.open(run, signal)
  const followed = await (flags.cluster ? ShardTails : OneTail).open(session)
  session.followed = followed
  keepFlowing(process.stdout)
  if (flags.state !== undefined && isLineBased(flags) && endsInsideLine(process.stdout.fd)) process.stdout.write('\n')
  const stopLooking = every(LOOK_EVERY_MS, () => {
    text?.behind(sum(followed, 'all'), sum(followed, 'onDisk'))
    const { counted } = session.view
    if (counted && followed.strands.some(({ passed }) => passed)) stats?.live(counted.stats.figures(), now() - began)
  })
  const failure = await failureOf(followed.run())
  stopLooking()
  finished.abort()
  const unkept = await failureOf(session.keep())
  conclude(session, followed, now() - began)
  // What ended it counts more than what became of its checkpoint.
  if (failure !== undefined && !isClosedPipe(failure)) throw failure
  if (unkept !== undefined) throw unkept
  return followed
}

async function failureOf(work: Promise<void>): Promise<unknown> {
  return await work.then(
    () => undefined,
    (error: unknown) => error,
  )
}

function sum({ strands }: Followed, what: 'all' | 'onDisk'): number {
  return strands.reduce((bytes, { behind }) => bytes + behind[what], 0)
}

function conclude({ run, view: { counted } }: TailSession, followed: Followed, elapsedMs: number): void {
  const passed = followed.strands.flatMap((strand) => (strand.passed ? [{ ...strand.passed, server: strand.server }] : []))
  if (counted) run.stats?.conclude(counted, passed, elapsedMs)
  if (run.outputEnded.aborted) run.text?.end()
  else run.text?.summary(passed, elapsedMs, followed.goOn())
}

/** Whoever closes a pipe has what they wanted. */
function isClosedPipe(error: unknown): boolean {
  return error instanceof ReplError && error.details.reason === 'WRITE' && error.details.errno === 'EPIPE'
}
