/** Receives the payload of a full resync, paces it, observes the server meanwhile, and catches up afterwards where needed. */
import { replicaBufferLimit } from '../../diagnosis/resync/buffer-limit.ts'
import { ReplError } from '../../errors.ts'
import type { Verdict } from '../../handshake/machine.ts'
import { now, sleep } from '../../io/clock.ts'
import type { Link } from '../../io/link.ts'
import { NullSink, type RdbSink } from '../../io/sinks/rdb-sink.ts'
import type { ServerInfo } from '../../protocol/info/server-info.ts'
import { missingKeys } from '../../rdb/completeness.ts'
import type { RdbHeader } from '../../rdb/header.ts'
import { movingAtSnapshot } from '../../rdb/moving-slots.ts'
import type { Batch, KeyCounts, ReplEvent } from '../events.ts'
import { type AttachOptions, forksOnPurpose, type Goal, maxRateOf } from '../goal.ts'
import { catchUp } from './catch-up.ts'
import type { HandshakeResult } from './handshake.ts'
import type { Observer } from './observer.ts'
import { Pacer, readLimit } from './pacer.ts'
import type { Planner } from './planner.ts'
import { Poller } from './poller.ts'
import { receivePayload } from './receive.ts'

/** How often to query the progress of the BGSAVE. */
const PROGRESS_EVERY_MS = 1000
/** How often to query it when the size of our output buffer matters. */
const BUFFER_EVERY_MS = 100
/** How often to report the progress of the payload. */
const REPORT_EVERY_MS = 100
/** How long the BGSAVE child may take to exit after the last byte. */
const COSTS_WITHIN_MS = 5000

/** The parts of one attachment. */
export interface Attachment {
  readonly link: Link
  readonly planner: Planner
  readonly observer: Observer
  readonly options: AttachOptions
  readonly signal: AbortSignal
}

/** @returns the stream bytes that came with the payload */
export async function* receiveResync(
  attachment: Attachment,
  handshake: HandshakeResult,
  sink: RdbSink = new NullSink(),
): AsyncGenerator<Batch, Buffer> {
  const { link, planner, observer, options, signal } = attachment
  const { verdict, rest, refused } = handshake
  // We do not request a sync over two channels; with one, no payload comes on this link.
  if (verdict.kind !== 'full' && verdict.kind !== 'legacy') throw new ReplError('PSYNC_VERDICT', { verdict: verdict.kind })
  const maxRate = maxRateOf(options.goal)
  const { settings, identity } = planner.server
  const pacer = maxRate === undefined ? undefined : new Pacer(maxRate, settings && replicaBufferLimit(settings, identity))
  const { ask, everyMs, mayFill } = planQueries(observer, handshake, options)
  if (pacer && mayFill) yield* pacer.begin(await ask())
  const poller = new Poller<ReplEvent>(ask, everyMs, signal)
  const takeSamples = () => poller.take()
  const receiving = {
    rest,
    sink,
    silenceMs: options.limits.silenceMs,
    atOnce: readLimit(maxRate),
    reportMs: pacer ? 0 : REPORT_EVERY_MS,
    observed: takeSamples,
    examine: (header: RdbHeader) => examine(attachment, verdict, header),
  }
  let streamed: Buffer
  try {
    streamed = yield* pace(receivePayload(link, receiving), pacer, takeSamples, signal)
  } catch (error) {
    yield poller.take() // the last samples may show why the transfer failed
    throw error instanceof ReplError ? await planner.withProvider(withCommand(error, refused, options)) : error
  } finally {
    await poller.stop()
  }
  if (options.goal.kind !== 'live' || verdict.kind !== 'full') return streamed
  yield* catchUp(link, observer, verdict.offset, streamed.length, options)
  link.close() // an unread stream would fill our output buffer on the master
  yield* reportCosts(observer, signal)
  return streamed
}

/**
 * Compares the RDB with the keys and the offset that INFO showed. Its bytes are verified elsewhere.
 * @throws ReplError PAYLOAD_INCOMPLETE; TRY_LATER (CLUSTER_MOVING) for an RDB that is kept
 */
async function examine({ planner, observer, options: { goal } }: Attachment, verdict: Verdict, header: RdbHeader): Promise<KeyCounts> {
  const slots = isKept(goal) ? movingAtSnapshot(header) : undefined
  if (slots) throw new ReplError('CLUSTER_MOVING', { slots })
  const { info, infoFailure } = planner.before
  if (!info) return infoFailure ? { infoFailure: infoFailure.toFailure() } : {}
  // A guard against a fork may have asked for an empty RDB.
  if (!forksOnPurpose(goal)) return {}
  const keys = await compareKeys(info, header, observer)
  refuseEarlierOffset(info, verdict)
  return keys
}

/** A BGSAVE that was running before us may be shared with us (replication.c, syncCommand, case 1). It is older than this INFO. */
function mayShareSave({ fields }: ServerInfo): boolean {
  return fields.get('rdb_bgsave_in_progress') === '1'
}

/** Asks INFO again only if the first one does not explain the RDB. @throws ReplError KEYS_MISSING */
async function compareKeys(info: ServerInfo, header: RdbHeader, observer: Observer): Promise<KeyCounts> {
  const { keyspace } = info
  if (!keyspace) return {}
  const before = Object.fromEntries(keyspace)
  const isComparable = header.isEmpty || !mayShareSave(info)
  if (!isComparable || !missingKeys(header, [keyspace])) return { before }
  const look = await observer.info()
  // A server that printed keys before and prints none now has none.
  const after = look && (look.keyspace ?? new Map<number, number>())
  const missing = missingKeys(header, after ? [keyspace, after] : [keyspace])
  if (missing) throw new ReplError('KEYS_MISSING', missing)
  return { before, ...(after && { after: Object.fromEntries(after) }) }
}

/**
 * A new replid changes nothing: a server that begins one keeps its offset (replication.c, changeReplicationId), and INFO was asked
 * on the same link. @throws ReplError RDB_TOO_OLD if the history of the snapshot ends before what INFO showed earlier
 */
function refuseEarlierOffset(info: ServerInfo, verdict: Verdict): void {
  const { history } = info
  if (verdict.kind !== 'full' || !history || mayShareSave(info)) return
  if (verdict.offset < history.offset) throw new ReplError('RDB_TOO_OLD', { offset: verdict.offset, infoOffset: history.offset })
}

/** Whether the RDB stays after the run. */
function isKept(goal: Goal): boolean {
  return 'store' in goal && goal.kind !== 'live' && (goal.store.path !== undefined || goal.store.sink.isStdout === true)
}

/** What to query while the payload arrives, how often, and whether our output buffer may fill because we read slowly. */
function planQueries(observer: Observer, { verdict, isRdbOnly }: HandshakeResult, { goal }: AttachOptions) {
  const mayFill = maxRateOf(goal) !== undefined && !isRdbOnly
  const since = mayFill && verdict.kind === 'full' ? verdict.offset : undefined
  const seesBuffer = goal.kind === 'live' || mayFill
  const ask = async (): Promise<readonly ReplEvent[]> =>
    seesBuffer ? (await observer.everything(since)).events : await observer.progress()
  return { ask, everyMs: seesBuffer ? BUFFER_EVERY_MS : PROGRESS_EVERY_MS, mayFill }
}

/** The server refuses SYNC where the payload would begin. Adds the command, and the one refused before it, to the error. */
function withCommand(error: ReplError, before: string | undefined, { renamed }: AttachOptions): ReplError {
  if (error.code !== 'NOT_SUPPORTED' && error.code !== 'NO_PERMISSION') return error
  return error.with({ command: renamed?.sync ?? 'SYNC', ...(before !== undefined && { before }) })
}

/** Reads no faster than the pacer allows. @returns the return value of `batches` */
async function* pace(
  batches: AsyncGenerator<Batch, Buffer>,
  pacer: Pacer | undefined,
  takeSamples: () => ReplEvent[],
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
      yield* pacer.watch(takeSamples())
    }
  }
}

/** The server reports these costs only after the BGSAVE child exits, shortly after the last byte. */
async function* reportCosts(observer: Observer, signal: AbortSignal): AsyncGenerator<Batch> {
  const deadline = now() + COSTS_WITHIN_MS
  do {
    const cost = await observer.costs()
    if (cost !== 'running') return cost && (yield [cost])
    await sleep(BUFFER_EVERY_MS, signal)
  } while (now() < deadline)
}
