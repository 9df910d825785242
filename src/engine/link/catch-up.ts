/**
 * From the end of the payload to the live end of the stream, as a replica does it. The master sends the writes that it
 * buffered during the transfer. We have caught up when our offset reaches the master's.
 */

import { expectReplError, ReplError } from '../../errors.ts'
import { now } from '../../io/clock.ts'
import type { Link } from '../../io/link.ts'
import type { Batch } from '../events.ts'
import type { AttachOptions } from '../goal.ts'
import { Heartbeat } from './heartbeat.ts'
import type { Observer } from './observer.ts'

/** Maximum age of the master offset that we compare ours with. */
const SAMPLE_MS = 100
/** Time limit: we never catch up with a stream that grows faster than we read it. */
const PATIENCE_MS = 60_000

/**
 * @param startOffset the last byte of the snapshot
 * @param rest number of stream bytes that came with the payload
 * @throws ReplError LINK_LOST, TIMEOUT in the state CONNECTED.
 */
export async function* catchUp(
  link: Link,
  observer: Observer,
  startOffset: number,
  rest: number,
  options: AttachOptions,
): AsyncGenerator<Batch> {
  const heartbeat = new Heartbeat(link, { mode: 'zero' }, startOffset)
  const deadline = now() + PATIENCE_MS
  let offset = startOffset + rest
  try {
    let { events, masterOffset } = await observer.everything()
    let sampledAt = now()
    yield events
    // Without INFO the live end is unknown.
    if (masterOffset === undefined) return
    while (offset < masterOffset && now() < deadline) {
      const bytes = await nextBytes(link, options)
      offset += bytes
      yield [{ type: 'stream', at: now(), bytes, offset, masterOffset }]
      if (now() - sampledAt < SAMPLE_MS) continue
      const sample = await observer.everything()
      events = sample.events
      masterOffset = sample.masterOffset ?? masterOffset
      sampledAt = now()
      yield events
    }
    yield [{ type: 'live', at: now(), isMet: offset >= masterOffset, offset, masterOffset }]
  } finally {
    heartbeat.stop()
  }
}

async function nextBytes(link: Link, options: AttachOptions): Promise<number> {
  const where = { state: 'CONNECTED' }
  const chunk = await link.read(options.limits.silenceMs).catch((error) => {
    throw expectReplError(error).with(where)
  })
  if (!chunk) throw new ReplError('STREAM_CUT', where)
  return chunk.length
}
