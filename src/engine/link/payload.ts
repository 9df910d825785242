/** The payload of a full resync with all that belongs to it: its rate, what the server shows meanwhile, and the live end after it. */
import { replicaBufferLimit } from '../../diagnosis/psync/resync.ts'
import { ReplError } from '../../errors.ts'
import { now, sleep } from '../../io/clock.ts'
import type { Link } from '../../io/link.ts'
import { NullSink, type RdbSink } from '../../io/sinks/rdb-sink.ts'
import type { Batch, ReplEvent } from '../events.ts'
import { type AttachOptions, maxRateOf } from '../goal.ts'
import { catchUp } from './catch-up.ts'
import type { Shaken } from './handshake.ts'
import type { Observer } from './observer.ts'
import { Pacer, readLimit } from './pacer.ts'
import type { Planner } from './planner.ts'
import { Poller } from './poller.ts'
import { receivePayload } from './receive.ts'

/** How often the server is asked for the progress of its BGSAVE. */
const PROGRESS_EVERY_MS = 1000
/** The same where the growth of an output buffer matters. */
const BUFFER_EVERY_MS = 100
/** How often the progress of a payload is reported. */
const REPORT_EVERY_MS = 100
/** How long a child may take to end after its last byte. */
const COSTS_WITHIN_MS = 5000

/** What one attachment works with. */
export interface Attachment {
  readonly link: Link
  readonly planner: Planner
  readonly observer: Observer
  readonly options: AttachOptions
  readonly signal: AbortSignal
}

/** @returns the bytes of the stream that came with it */
export async function* receiveAll(
  { link, planner, observer, options, signal }: Attachment,
  shaken: Shaken,
  sink: RdbSink = new NullSink(),
): AsyncGenerator<Batch, Buffer> {
  const { verdict, rest, refused } = shaken
  // A sync on two connections was not asked for, and no payload will come on this one.
  if (verdict.kind !== 'full' && verdict.kind !== 'legacy') throw new ReplError('PSYNC_VERDICT', { verdict: verdict.kind })
  const maxRate = maxRateOf(options.goal)
  const { settings, identity } = planner.server
  const pacer = maxRate === undefined ? undefined : new Pacer(maxRate, settings && replicaBufferLimit(settings, identity))
  const { ask, everyMs, mayFill } = questions(observer, shaken, options)
  if (pacer && mayFill) yield* pacer.begin(await ask())
  const poller = new Poller<ReplEvent>(ask, everyMs, signal)
  const seen = () => poller.take()
  const receiving = {
    rest,
    sink,
    silenceMs: options.limits.silenceMs,
    atOnce: readLimit(maxRate),
    reportMs: pacer ? 0 : REPORT_EVERY_MS,
    observed: seen,
  }
  let streamed: Buffer
  try {
    streamed = yield* paced(receivePayload(link, receiving), pacer, seen, signal)
  } catch (error) {
    yield poller.take() // the last samples show why it broke
    throw error instanceof ReplError ? await planner.withProvider(withCommand(error, refused, options)) : error
  } finally {
    await poller.stop()
  }
  if (options.goal.kind !== 'live' || verdict.kind !== 'full') return streamed
  yield* catchUp(link, observer, verdict.offset, streamed.length, options)
  link.close() // an unread stream would pile up in the master
  yield* costs(observer, signal)
  return streamed
}

/** What is asked while a payload comes in, how often, and whether our output buffer may fill because we read slowly. */
function questions(observer: Observer, { verdict, isRdbOnly }: Shaken, { goal }: AttachOptions) {
  const mayFill = maxRateOf(goal) !== undefined && !isRdbOnly
  const since = mayFill && verdict.kind === 'full' ? verdict.offset : undefined
  const seesBuffer = goal.kind === 'live' || mayFill
  const ask = async (): Promise<readonly ReplEvent[]> =>
    seesBuffer ? (await observer.everything(since)).events : await observer.progress()
  return { ask, everyMs: seesBuffer ? BUFFER_EVERY_MS : PROGRESS_EVERY_MS, mayFill }
}

/** A refusal of SYNC comes where its payload would: adds which command it is, and which one was refused before it. */
function withCommand(error: ReplError, before: string | undefined, { renamed }: AttachOptions): ReplError {
  if (error.code !== 'NOT_SUPPORTED' && error.code !== 'NO_PERMISSION') return error
  return error.with({ command: renamed?.sync ?? 'SYNC', ...(before !== undefined && { before }) })
}

/** Reads no faster than the pacer allows. @returns what the batches return */
async function* paced(
  batches: AsyncGenerator<Batch, Buffer>,
  pacer: Pacer | undefined,
  seen: () => ReplEvent[],
  signal: AbortSignal,
): AsyncGenerator<Batch, Buffer> {
  if (!pacer) return yield* batches
  let before = 0
  for (;;) {
    const { value, done } = await batches.next()
    if (done) return value
    yield* pacer.watch(value)
    const bytes = value.find((event) => event.type === 'payload-progress')?.bytes ?? before
    const more = bytes - before
    before = bytes
    for (let pauseMs = pacer.pauseMs(more, now()); pauseMs > 0; pauseMs = pacer.pauseMs(0, now())) {
      await sleep(Math.min(pauseMs, BUFFER_EVERY_MS), signal)
      yield* pacer.watch(seen())
    }
  }
}

/** The server knows what a BGSAVE took when its child has ended, shortly after the last byte. */
async function* costs(observer: Observer, signal: AbortSignal): AsyncGenerator<Batch> {
  const deadline = now() + COSTS_WITHIN_MS
  do {
    const seen = await observer.costs()
    if (seen !== 'running') return seen && (yield [seen])
    await sleep(BUFFER_EVERY_MS, signal)
  } while (now() < deadline)
}
