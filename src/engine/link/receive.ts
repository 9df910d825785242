/** Receives the payload of a full resync: its framing, its checksum, and its true end. */

import { ReplError } from '../../errors.ts'
import { now } from '../../io/clock.ts'
import type { Link } from '../../io/link.ts'
import type { RdbSink } from '../../io/sinks/rdb-sink.ts'
import { type PayloadFraming, PayloadReader } from '../../protocol/wire/payload.ts'
import { RdbHead, type RdbHeader } from '../../rdb/header.ts'
import { RdbVerifier } from '../../rdb/verifier.ts'
import type { Batch, KeyCounts, ReplEvent } from '../events.ts'
import { ProgressReader } from '../progress-reader.ts'

/**
 * How long to wait for bytes after a possible EOF mark that no checksum confirms. After the mark a master sends nothing but bare
 * newlines until our first ACK, so any other byte that follows proves that it was data.
 */
const SETTLE_MS = 1000

export interface ReceiveOptions {
  /** Bytes received together with the handshake's last line. */
  readonly rest: Buffer
  readonly sink: RdbSink
  /** The longest time without progress. Before the payload bare newlines are progress: the master prepares it. */
  readonly silenceMs: number
  /** The largest read, in bytes. */
  readonly atOnce: number
  /** The shortest time between progress reports. */
  readonly reportMs: number
  /** New observations of the server; called between reads. */
  readonly observed: () => readonly ReplEvent[]
  /** Compares the start of the RDB with INFO. @throws ReplError if data is missing */
  readonly examine: (header: RdbHeader) => Promise<KeyCounts>
}

/**
 * @returns the stream bytes that came with the payload
 * @throws ReplError PAYLOAD_TRUNCATED, PAYLOAD_CORRUPT, what `examine` throws, LINK_LOST before the first byte, TIMEOUT; and what the sink throws.
 */
export async function* receivePayload(
  link: Link,
  { rest, sink, silenceMs, atOnce, reportMs, observed, examine }: ReceiveOptions,
): AsyncGenerator<Batch, Buffer> {
  const payload = new PayloadReader()
  const verifier = new RdbVerifier()
  const head = new RdbHead()
  const readers = { body: ProgressReader.ofData(), settling: ProgressReader.ofData() }
  let reportedAt = Number.NEGATIVE_INFINITY
  for (let chunk: Buffer | undefined = rest; chunk; chunk = await nextChunk(link, payload, verifier, silenceMs, readers)) {
    const { keepAlives, begun, data } = payload.push(chunk)
    if (keepAlives > 0) yield [{ type: 'keep-alive', at: now(), state: 'TRANSFER', count: keepAlives }]
    if (begun) {
      yield [{ type: 'payload-start', at: now(), framing: begun.framing }]
      await makeRoom(sink, begun.framing, link, link.received - begun.bytesAfterHeader, atOnce)
    }
    for (const part of data) {
      verifier.push(part)
      head.push(part)
      await sink.write(part)
    }
    if (now() - reportedAt < reportMs) continue
    reportedAt = now()
    const batch = [...progress(verifier.bytes), ...observed()]
    if (batch.length > 0) yield batch
  }
  link.readInto(undefined)
  const checksum = verifier.finish()
  const header = head.parse()
  if (!header) throw new ReplError('MAGIC')
  yield [{ type: 'payload-end', at: now(), bytes: verifier.bytes, checksum, header, keys: await examine(header) }]
  return payload.rest()
}

/**
 * Makes the link read straight into the sink's memory. That works because each byte's position in the payload is known
 * before it is read.
 * @param payloadStart how many bytes of the link came before the payload
 */
async function makeRoom(sink: RdbSink, framing: PayloadFraming, link: Link, payloadStart: number, atOnce: number): Promise<void> {
  const end = framing.kind === 'length' ? framing.bytes : Number.POSITIVE_INFINITY
  if (framing.kind === 'length') await sink.reserve(framing.bytes)
  const limited = Number.isFinite(atOnce) ? Buffer.allocUnsafeSlow(atOnce) : undefined
  link.readInto((received) => {
    const position = received - payloadStart
    // Bytes after the payload must not end up in the sink's memory.
    return position < end ? (sink.room?.(position) ?? limited)?.subarray(0, Math.min(end - position, atOnce)) : undefined
  })
}

function progress(bytes: number): Batch {
  return bytes > 0 ? [{ type: 'payload-progress', at: now(), bytes }] : []
}

/** @returns the next chunk, or undefined at the end of the payload */
async function nextChunk(
  link: Link,
  payload: PayloadReader,
  verifier: RdbVerifier,
  silenceMs: number,
  { body, settling }: Record<'body' | 'settling', ProgressReader>,
): Promise<Buffer | undefined> {
  if (payload.complete) return undefined
  if (payload.atMark) return verifier.endsHere === 'certain' ? undefined : await settling.read(link, SETTLE_MS).catch(ignoreSilence)
  const reading = payload.started ? body.read(link, silenceMs) : link.read(silenceMs)
  const chunk = await reading.catch((error) => {
    throw transferError(error, payload, verifier)
  })
  if (chunk) return chunk
  throw transferError(new ReplError(payload.started ? 'CLOSED' : 'NO_PAYLOAD'), payload, verifier)
}

function ignoreSilence(error: unknown): undefined {
  if (error instanceof ReplError && (error.code === 'TIMEOUT' || error.code === 'LINK_LOST')) return undefined
  throw error
}

/** A lost link or a timeout inside the payload truncates it, whatever the cause. */
function transferError(error: unknown, payload: PayloadReader, verifier: RdbVerifier): unknown {
  if (!(error instanceof ReplError)) return error
  const where = { state: 'TRANSFER', bytes: verifier.bytes, ...(payload.announced !== undefined && { expectedBytes: payload.announced }) }
  const isCut = error.code === 'LINK_LOST' || error.code === 'TIMEOUT'
  if (isCut && payload.started) return new ReplError('PAYLOAD_TRUNCATED', { ...where, cutBy: error.toFailure() }, error)
  return error.with(where)
}
