/** A full resync into a file: the sink is committed when the payload is whole, and abandoned when it is not. */
import { ReplError } from '../errors.ts'
import type { Verdict } from '../handshake/machine.ts'
import { now } from '../io/clock.ts'
import type { RdbSink, Written } from '../io/sinks/rdb-file.ts'
import type { Batch, PayloadEndEvent } from './events.ts'
import { type Manners, replicateFrom, type Source } from './source.ts'

/** The payload is whole, verified and safe. */
export type StoredEvent = Omit<PayloadEndEvent, 'type'> & {
  readonly type: 'stored'
  /** Absent for stdout, and where nothing is kept. */
  readonly path?: string
  readonly framing: 'length' | 'eof-mark'
  /** Under which id and offset the master gave it; `legacy` where it did not say. */
  readonly verdict: Verdict
  readonly elapsedMs: number
  readonly written: Written
}

/** Where a payload goes, and under which name it will be found. */
export interface Store {
  readonly sink: RdbSink
  readonly path?: string
}

/**
 * The batches of the source, and one more when the payload is safe.
 * Whatever goes wrong on either side, the sink is left without a trace. @throws ReplError of the source or the sink.
 */
export async function* replicateInto(
  { sink, path }: Store,
  source: Source,
  manners: Manners,
  signal: AbortSignal,
): AsyncGenerator<Batch | [StoredEvent]> {
  let isSafe = false
  try {
    for await (const batch of committed(replicateFrom(source, { ...manners, sink }, signal), sink, path)) {
      isSafe ||= batch[0]?.type === 'stored'
      yield batch
    }
  } catch (error) {
    const name = sink.isStdout ? 'stdout' : path
    throw error instanceof ReplError && name !== undefined ? error.with({ path: name }) : error
  } finally {
    if (!isSafe) await sink.abandon()
  }
}

async function* committed(batches: AsyncGenerator<Batch>, sink: RdbSink, path: string | undefined): AsyncGenerator<Batch | [StoredEvent]> {
  const began = now()
  let framing: StoredEvent['framing'] = 'length'
  let verdict: Verdict = { kind: 'none' }
  for await (const batch of batches) {
    for (const event of batch) {
      if (event.type === 'verdict') verdict = event.verdict
      if (event.type === 'payload-start') framing = event.framing.kind
    }
    yield batch
    const end = batch.find((event) => event.type === 'payload-end')
    if (!end) continue
    const written = await sink.commit()
    yield [{ ...end, type: 'stored', framing, verdict, written, elapsedMs: now() - began, ...(path !== undefined && { path }) }]
  }
}
