/** Watches a full resync go by and sums it up: batches in, the same batches out, and one more at the end. */
import { type BufferFigures, type BufferLimit, type ResyncFigures, replicaBufferLimit } from '../diagnosis/psync/resync.ts'
import { ReplError } from '../errors.ts'
import { forkGuard } from '../handshake/guard.ts'
import { now } from '../io/clock.ts'
import type { Batch, ReplEvent } from './events.ts'
import type { StoredEvent } from './store.ts'

const CHANNELS = ['rdb-channel', 'dual-channel']

export interface ResyncEvent {
  readonly type: 'resync'
  readonly at: number
  readonly figures: ResyncFigures
}

type AnyBatch = Batch | [StoredEvent]

export async function* measureResync(batches: AsyncGenerator<AnyBatch>): AsyncGenerator<AnyBatch | [ResyncEvent]> {
  const meter = new Meter()
  try {
    for await (const batch of batches) {
      for (const event of batch) meter.add(event)
      yield batch
    }
  } catch (error) {
    // A cut in the middle is what an overrun buffer looks like from here.
    const { buffer, limit } = meter.figures()
    if (!(error instanceof ReplError) || !buffer) throw error
    throw error.with({ bufferBytes: buffer.peakBytes, ...(limit && { bufferLimit: lowest(limit) }) })
  }
  yield [{ type: 'resync', at: now(), figures: meter.figures() }]
}

/** Times of phases from the events' own clock. */
class Meter {
  #askedAt = 0
  #snapshotAt = 0
  #startAt = 0
  #endAt = 0
  #liveAt = 0
  #framing: ResyncFigures['framing'] = 'length'
  #payloadBytes = 0
  #snapshotOffset = 0
  #stream = 0
  #catchUp: ResyncFigures['catchUp']
  #endOffset = 0
  #told: Pick<ResyncFigures, 'forkUsec' | 'cowBytes'> = {}
  #limit: BufferLimit | undefined
  #delaySeconds = 0
  #hasChannel = false
  readonly #samples: { at: number; bytes: number; scope: BufferFigures['scope'] }[] = []

  add(event: ReplEvent | StoredEvent): void {
    switch (event.type) {
      case 'server':
        this.#limit = event.settings && replicaBufferLimit(event.settings, event.identity)
        this.#delaySeconds = Number(event.settings?.get('repl-diskless-sync-delay') ?? 0)
        this.#hasChannel = CHANNELS.includes(forkGuard(event.identity, event.settings).name)
        break
      case 'exchange':
        if (event.state === 'RECEIVE_PSYNC') this.#askedAt = event.at - event.rttMs
        break
      case 'verdict':
        this.#snapshotAt = event.at
        if (event.verdict.kind === 'full') this.#snapshotOffset = this.#endOffset = event.verdict.offset
        break
      case 'payload-start':
        this.#startAt = event.at
        this.#framing = event.framing.kind
        break
      case 'payload-end':
        this.#endAt = event.at
        this.#payloadBytes = event.bytes
        break
      case 'buffer':
        this.#samples.push({ at: event.at, bytes: event.bytes, scope: event.scope })
        break
      case 'live':
        this.#endOffset = event.offset
        this.#liveAt = event.at
        this.#stream = event.offset - this.#snapshotOffset
        this.#catchUp = {
          ms: event.at - this.#endAt,
          bytes: this.#stream,
          isMet: event.isMet,
          behind: Math.max(0, event.masterOffset - event.offset),
        }
        break
      case 'told': {
        const { type: _, at: __, ...costs } = event
        this.#told = costs
      }
    }
  }

  figures(): ResyncFigures {
    const buffer = this.#buffer()
    return {
      framing: this.#framing,
      waitMs: this.#startAt - this.#askedAt,
      ...(this.#framing === 'eof-mark' && this.#delaySeconds > 0 && { delaySeconds: this.#delaySeconds }),
      transferMs: this.#endAt - this.#startAt,
      payloadBytes: this.#payloadBytes,
      ...(this.#catchUp && { catchUp: this.#catchUp }),
      snapshotOffset: this.#snapshotOffset,
      endOffset: this.#endOffset,
      spanMs: Math.max(0, (this.#liveAt || this.#endAt) - this.#snapshotAt),
      ...this.#told,
      hasChannel: this.#hasChannel,
      ...(buffer && { buffer }),
      ...(this.#limit && { limit: this.#limit }),
    }
  }

  #buffer(): BufferFigures | undefined {
    const scope = this.#samples.some((sample) => sample.scope === 'ours') ? 'ours' : 'all replicas'
    const samples = this.#samples.filter((sample) => sample.scope === scope)
    if (samples.length === 0) return undefined
    const peakBytes = samples.reduce((peak, { bytes }) => Math.max(peak, bytes), 0)
    return { peakBytes, samples: samples.length, aboveSoftMs: longestAbove(samples, this.#limit?.softBytes ?? 0), scope }
  }
}

/** The limit that is reached first; 0 where there is none. */
function lowest({ hardBytes, softBytes }: BufferLimit): number {
  return Math.min(hardBytes || softBytes, softBytes || hardBytes)
}

/** The longest stretch of samples above a level, in milliseconds. */
function longestAbove(samples: readonly { at: number; bytes: number }[], level: number): number {
  let longest = 0
  let since: number | undefined
  for (const { at, bytes } of samples) {
    since = level > 0 && bytes > level ? (since ?? at) : undefined
    if (since !== undefined) longest = Math.max(longest, at - since)
  }
  return longest
}
