/**
 * The one replication engine: connect → handshake → payload → stream, as batches of events. Every subcommand is a view of
 * it. Failures are thrown as ReplError; there is no error event.
 */
import { replicaBufferLimit } from '../../diagnosis/psync/resync.ts'
import { ReplError } from '../../errors.ts'
import { now, sleep } from '../../io/clock.ts'
import type { DialStep } from '../../io/dial.ts'
import { endpointName } from '../../io/endpoint.ts'
import { NullSink } from '../../io/sinks/rdb-file.ts'
import { READ_BUFFER_BYTES, Transport } from '../../io/socket-link.ts'
import { summableBuffer } from '../../rdb/crc64.ts'
import { Informant } from '../ask/informant.ts'
import type { Batch, DialEvent, ReplEvent } from '../events.ts'
import { forksOnPurpose, type ReplicaOptions } from '../options.ts'
import { Briefing } from './briefing.ts'
import { catchUp } from './catch-up.ts'
import { type Climbed, climb, firstPlan } from './climb.ts'
import { Observer } from './observer.ts'
import { Pacer, readLimit } from './pacer.ts'
import { Poller } from './poller.ts'
import { receivePayload } from './receive.ts'
import { streamBytes } from './stream.ts'

/** How often the server is asked for the progress of its BGSAVE. */
const PROGRESS_EVERY_MS = 1000
/** The same where the growth of an output buffer is to be seen. */
const BUFFER_EVERY_MS = 100
/** How often it is told how far a payload is. */
const TELL_EVERY_MS = 100
/** How long a child may take to end after its last byte. */
const COSTS_WITHIN_MS = 5000

/** Leaves no connection open, however it ends. @throws ReplError */
export async function* replicate(options: ReplicaOptions, signal: AbortSignal): AsyncGenerator<Batch> {
  const endpoint = endpointName(options.endpoint)
  try {
    yield* options.goal === 'forecast' ? inspect(options, signal) : attach(options, signal)
  } catch (error) {
    throw error instanceof ReplError ? error.with({ endpoint }) : error
  }
}

/** INFO on an ordinary connection, and what follows from it; no replica is to be seen. */
async function* inspect(options: ReplicaOptions, signal: AbortSignal): AsyncGenerator<Batch> {
  const informant = new Informant(options, signal)
  const briefing = new Briefing(options, informant, signal)
  try {
    yield (await briefing.brief('server', firstPlan(options))).events
    if (!briefing.forecast) throw informant.unavailable ?? new ReplError('NO_POSITION')
    yield [briefing.forecast]
    yield await briefing.bill()
  } finally {
    informant.close()
  }
}

async function* attach(options: ReplicaOptions, signal: AbortSignal): AsyncGenerator<Batch> {
  const link = yield* connect(options, signal)
  const informant = new Informant(options, signal)
  const briefing = new Briefing(options, informant, signal)
  try {
    const climbed = yield* climb(link, briefing, options)
    const { verdict } = climbed
    const stopped = briefing.stopReason
    // A fork that was not wanted may be called off still by leaving at once.
    if (options.goal === 'verdict' || stopped) link.close()
    yield [...(briefing.forecast ? [briefing.forecast] : []), { type: 'verdict', at: now(), verdict, ...(stopped && { stopped }) }]
    if (options.goal === 'stream' || options.goal === 'snapshot') {
      // What PSYNC was not sent for is told by the verdict; whoever follows decides what then.
      if (!stopped) yield* follow(link, briefing, new Observer(informant, link.localName), climbed, options, signal)
    } else if (options.goal !== 'verdict') {
      yield* payload(link, briefing, new Observer(informant, link.localName), climbed, options, signal)
    }
    link.close()
    yield await briefing.bill()
  } finally {
    link.close()
    informant.close()
  }
}

/** Every step is told, also on a way that leads nowhere. */
async function* connect(options: ReplicaOptions, signal: AbortSignal): AsyncGenerator<Batch, Transport> {
  const { endpoint, limits } = options
  const steps: DialEvent[] = []
  let link: Transport | undefined
  try {
    const tell = (step: DialStep) => steps.push({ ...step, at: now() })
    const buffer = forksOnPurpose(options) ? summableBuffer(Math.min(READ_BUFFER_BYTES, readLimit(options.maxRate))) : undefined
    link = await Transport.connect(endpoint, limits.connectMs, signal, tell, buffer)
    return link
  } finally {
    const connected = link && ({ type: 'connected', at: now(), rttMs: link.rttMs, local: link.localName, remote: link.remoteName } as const)
    const isSecured = ({ type }: DialEvent) => type === 'secured'
    yield [...steps.filter((step) => !isSecured(step)), ...(connected ? [connected] : []), ...steps.filter(isSecured)]
  }
}

/** The stream behind the verdict, and before it the payload where there is one. */
async function* follow(
  link: Transport,
  briefing: Briefing,
  observer: Observer,
  climbed: Climbed,
  options: ReplicaOptions,
  signal: AbortSignal,
): AsyncGenerator<Batch> {
  const { verdict, rest } = climbed
  if (verdict.kind === 'continue') return yield* streamBytes(link, rest, { ...briefing.server, ...verdict }, options, signal)
  const behind = yield* payload(link, briefing, observer, climbed, options, signal)
  if (verdict.kind === 'full') yield* streamBytes(link, behind, { ...briefing.server, ...verdict }, options, signal)
}

/** @returns the bytes of the stream that came with it */
async function* payload(
  link: Transport,
  briefing: Briefing,
  observer: Observer,
  climbed: Climbed,
  options: ReplicaOptions,
  signal: AbortSignal,
): AsyncGenerator<Batch, Buffer> {
  const { verdict, rest, refused } = climbed
  // A sync on two connections was not asked for, and no payload will come on this one.
  if (verdict.kind !== 'full' && verdict.kind !== 'legacy') throw new ReplError('PSYNC_VERDICT', { verdict: verdict.kind })
  const isLive = options.goal === 'live'
  const { settings, identity } = briefing.server
  const pacer = options.maxRate === undefined ? undefined : new Pacer(options.maxRate, settings && replicaBufferLimit(settings, identity))
  const { ask, everyMs, mayFill } = questions(observer, climbed, options)
  if (pacer && mayFill) yield* pacer.begin(await ask())
  const poller = new Poller<ReplEvent>(ask, everyMs, signal)
  const seen = () => poller.take()
  const { sink = new NullSink(), limits } = options
  const receiving = {
    rest,
    sink,
    silenceMs: limits.silenceMs,
    atOnce: readLimit(options.maxRate),
    tellMs: pacer ? 0 : TELL_EVERY_MS,
    observed: seen,
  }
  let behind: Buffer
  try {
    behind = yield* paced(receivePayload(link, receiving), pacer, seen, signal)
  } catch (error) {
    yield poller.take() // what was seen last tells why it broke
    throw error instanceof ReplError ? await briefing.withProvider(withCommand(error, refused, options)) : error
  } finally {
    await poller.stop()
  }
  if (!isLive || verdict.kind !== 'full') return behind
  yield* catchUp(link, observer, verdict.offset, behind.length, options)
  link.close() // what nobody reads would pile up in the master
  yield* costs(observer, signal)
  return behind
}

/** What is asked while a payload comes in, how often, and whether the buffer behind it may fill because we read slowly. */
function questions(observer: Observer, { verdict, isRdbOnly }: Climbed, { goal, maxRate }: ReplicaOptions) {
  const mayFill = maxRate !== undefined && !isRdbOnly
  const since = mayFill && verdict.kind === 'full' ? verdict.offset : undefined
  const seesBuffer = goal === 'live' || mayFill
  const ask = async (): Promise<readonly ReplEvent[]> =>
    seesBuffer ? (await observer.everything(since)).events : await observer.progress()
  return { ask, everyMs: seesBuffer ? BUFFER_EVERY_MS : PROGRESS_EVERY_MS, mayFill }
}

/** A refusal of SYNC, which comes where its payload would: of what, and what was refused before it. */
function withCommand(error: ReplError, before: string | undefined, { renamed }: ReplicaOptions): ReplError {
  if (error.code !== 'NOT_SUPPORTED' && error.code !== 'NO_PERMISSION') return error
  return error.with({ command: renamed?.sync ?? 'SYNC', ...(before !== undefined && { before }) })
}

/** Reads no faster than it may, and tells when it had to. @returns what the batches return */
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
    const told = await observer.costs()
    if (told !== 'running') return told && (yield [told])
    await sleep(BUFFER_EVERY_MS, signal)
  } while (now() < deadline)
}
