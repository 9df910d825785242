/** One attachment to the server that a source finds. Commits a received payload to its store. */
import { type Context, ignoreFailure, ReplError } from '../errors.ts'
import { now, sleep } from '../io/clock.ts'
import { endpointName } from '../io/endpoint.ts'
import type { Access } from './ask/access.ts'
import type { Source } from './ask/source.ts'
import type { Batch, VerdictEvent } from './events.ts'
import type { AttachOptions, Goal, Store } from './goal.ts'
import { attach } from './link/attach.ts'
import { Visit } from './visit.ts'

/** The goal at the server, and how we introduce ourselves. */
export type LinkPlan = Omit<AttachOptions, keyof Access>

/** How often to check whether another server has taken over. */
const LOOK_EVERY_MS = 1000

/**
 * Finds the server, reports how, and attaches to it. A payload goes into the goal's store: the sink is committed when the
 * payload is complete, and abandoned when the server or the sink fails.
 * @throws ReplError of the source, the server or the sink; LINK_LOST (MOVED) when another server takes over while we follow
 *   the stream
 */
export async function* replicate(source: Source, plan: LinkPlan, signal: AbortSignal): AsyncGenerator<Batch> {
  const { goal } = plan
  const batches = fromSource(source, plan, signal)
  yield* 'store' in goal ? storePayload(batches, goal.store) : batches
}

async function* fromSource(source: Source, plan: LinkPlan, signal: AbortSignal): AsyncGenerator<Batch> {
  const { access, choices = [] } = await source.find(signal)
  if (choices.length > 0) yield choices.map((choice) => ({ type: 'source', at: now(), ...choice }) as const)
  const moved = new AbortController()
  const over = new AbortController()
  let from = access
  try {
    const batches = attach({ ...access, ...plan }, AbortSignal.any([signal, moved.signal]))
    for await (const batch of guarded(batches, access, plan.goal)) {
      for (const event of batch) if (event.type === 'verdict') from = withHistory(access, event)
      if (batch[0]?.type === 'following') void watchForMove(source, from, moved, AbortSignal.any([signal, over.signal]))
      yield batch
    }
  } catch (error) {
    if (!moved.signal.aborted || signal.aborted) throw error
    throw moved.signal.reason
  } finally {
    over.abort('detached')
  }
}

/** Asks the guard of a stored payload before PSYNC is sent: right after the batch that shows the server. */
async function* guarded(batches: AsyncGenerator<Batch>, access: Access, goal: Goal): AsyncGenerator<Batch> {
  const guard = 'store' in goal ? goal.store.guard : undefined
  for await (const batch of batches) {
    yield batch
    const server = guard && batch.find((event) => event.type === 'server')
    if (server) await guard.before(access, server.identity?.mode === 'cluster')
  }
}

/** A full resync may begin a new history, if the master kept no backlog before (replication.c, syncCommand). */
function withHistory(access: Access, { verdict }: VerdictEvent): Access {
  const { expected } = access
  if (verdict.kind !== 'full' || !expected) return access
  const { replid, offset } = verdict
  return { ...access, expected: { ...expected, history: { ...expected.history, replid, offset } } }
}

/** A master that hangs or is partitioned keeps its links open after a failover, so the link alone does not show it. */
async function watchForMove(source: Source, access: Access, moved: AbortController, signal: AbortSignal): Promise<void> {
  try {
    while (source.hasMoved) {
      await sleep(LOOK_EVERY_MS, signal)
      // A source that fails now may answer later.
      const isElsewhere = await source.hasMoved(access, signal).catch(ignoreFailure)
      if (isElsewhere) return moved.abort(new ReplError('MOVED', { endpoint: endpointName(access.endpoint) }))
    }
  } catch (error) {
    // Unless the attachment has ended, this error is a bug, and it ends the attachment.
    if (!signal.aborted) moved.abort(error)
  }
}

async function* storePayload(batches: AsyncGenerator<Batch>, store: Store): AsyncGenerator<Batch> {
  let isSafe = false
  try {
    for await (const batch of commitPayload(batches, store)) {
      isSafe ||= batch[0]?.type === 'stored'
      yield batch
    }
  } catch (error) {
    throw error instanceof ReplError ? error.with(outputOf(store)) : error
  } finally {
    if (!isSafe) await store.sink.abandon()
  }
}

async function* commitPayload(batches: AsyncGenerator<Batch>, { sink, path, guard }: Store): AsyncGenerator<Batch> {
  const began = now()
  const visit = new Visit()
  for await (const batch of batches) {
    for (const event of batch) visit.add(event)
    yield batch
    const end = batch.find((event) => event.type === 'payload-end')
    if (!end) continue
    const verdict = visit.seen.verdict?.verdict ?? { kind: 'none' as const }
    const replid = verdict.kind === 'full' ? verdict.replid : undefined
    await guard?.after({ replid, hasSlots: end.header.hasSlots === true })
    const written = await sink.commit()
    const framing = visit.seen['payload-start']?.framing.kind ?? 'length'
    const place = { ...(path !== undefined && { path }), ...(guard?.shard && { shard: guard.shard }) }
    yield [{ ...end, type: 'stored', framing, verdict, written, elapsedMs: now() - began, ...place }]
  }
}

/** What an error says about the place of a payload. */
export function outputOf({ sink, path }: Store): Pick<Context, 'path' | 'output'> {
  if (sink.isStdout) return { path: 'stdout', output: 'STDOUT' }
  return path === undefined ? {} : { path, output: 'FILE' }
}
