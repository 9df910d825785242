/** The stream of one link: every byte behind the handshake or the payload, ACKs, and what to make of silence. */
import { isShuttingDown, judgeSilence } from '../../diagnosis/psync/silence.ts'
import { ReplError } from '../../errors.ts'
import type { Settings } from '../../handshake/guard.ts'
import { now } from '../../io/clock.ts'
import type { Transport } from '../../io/socket-link.ts'
import type { Info } from '../../protocol/info/info.ts'
import type { ServerIdentity } from '../../protocol/info/server-facts.ts'
import { Informant } from '../ask/informant.ts'
import type { Batch, SilenceEvent } from '../events.ts'
import type { ReplicaOptions } from '../options.ts'
import { Heartbeat } from './heartbeat.ts'

/** A master sends PING each repl-ping-replica-period (10 s by default); three that do not come are silence. */
const PINGS_MISSED = 3
const DEFAULT_PING_SECONDS = 10
/** How long nothing may follow a GETACK before it looks like a shutdown, in which writes stand still. */
const SHUTDOWN_LOOK_MS = 200

/** Where the stream begins, and on what server. */
export interface Origin {
  readonly replid: string
  /** The last byte before the stream. */
  readonly offset: number
  readonly identity?: ServerIdentity
  readonly settings?: Settings
}

/**
 * Never ends by itself.
 * @param rest bytes of the stream that have come already
 * @throws ReplError LINK_LOST (STREAM_ENDED, SILENT, SHUTDOWN), ABORTED, in the state CONNECTED.
 */
export async function* streamBytes(
  link: Transport,
  rest: Buffer,
  origin: Origin,
  options: ReplicaOptions,
  signal: AbortSignal,
): AsyncGenerator<Batch> {
  const heartbeat = new Heartbeat(link, options.ack ?? 'zero', origin.offset, origin.identity?.mode === 'cluster')
  const quietMs = pingSeconds(origin.settings) * 1000 * PINGS_MISSED
  const watch = new SilenceWatch(origin.replid, options, signal)
  let { offset } = origin
  let mayEnd = false
  try {
    yield [{ type: 'following', at: now(), offset, heartbeat }]
    for (let chunk: Buffer | undefined = rest; ; chunk = await nextChunk(link, mayEnd ? SHUTDOWN_LOOK_MS : quietMs)) {
      if (!chunk) {
        if (mayEnd) await watch.leaveWhenEnding()
        else yield [await watch.judge(offset, quietMs)]
        mayEnd = false
        continue
      }
      offset += chunk.length
      heartbeat.received(chunk)
      mayEnd = options.ack === 'safe' && heartbeat.isAsked
      if (chunk.length > 0) yield [{ type: 'stream-chunk', at: now(), data: chunk, offset }]
    }
  } finally {
    heartbeat.stop()
  }
}

/** Undefined when none came in that time. */
async function nextChunk(link: Transport, limitMs: number): Promise<Buffer | undefined> {
  try {
    const chunk = await link.read(limitMs)
    if (!chunk) throw new ReplError('STREAM_ENDED', { state: 'CONNECTED' })
    return chunk
  } catch (error) {
    if (error instanceof ReplError && error.code === 'TIMEOUT') return undefined
    throw error
  }
}

/** The setting had another name up to 4.0. */
function pingSeconds(settings: Settings | undefined): number {
  const seconds = Number(settings?.get('repl-ping-replica-period') ?? settings?.get('repl-ping-slave-period'))
  return seconds > 0 ? seconds : DEFAULT_PING_SECONDS
}

/** Asks the server why nothing comes; each time on a new connection, since an idle one may be dead like the link itself. */
class SilenceWatch {
  readonly #replid: string
  readonly #options: ReplicaOptions
  readonly #signal: AbortSignal
  #silentMs = 0
  #lastOffset = -1

  constructor(replid: string, options: ReplicaOptions, signal: AbortSignal) {
    this.#replid = replid
    this.#options = options
    this.#signal = signal
  }

  /** @throws ReplError LINK_LOST (SILENT) when waiting on is of no use. */
  async judge(offset: number, silentMs: number): Promise<SilenceEvent> {
    this.#silentMs = offset === this.#lastOffset ? this.#silentMs + silentMs : silentMs
    this.#lastOffset = offset
    const { info, unavailable } = await this.#ask()
    const silence = info ? judgeSilence(info, this.#replid, offset) : 'unknown'
    // INFO may be forbidden for good, and then the time limit is all there is; where it has become impossible, the server is gone.
    const isGone = !info && unavailable?.code !== 'NO_PERMISSION'
    const isTooLong = silence === 'unknown' && this.#silentMs >= this.#options.limits.silenceMs
    if (silence === 'broken' || isGone || isTooLong) {
      throw new ReplError('SILENT', { silentMs: this.#silentMs, ...(isGone && unavailable && { infoFailure: unavailable.asFact() }) })
    }
    return { type: 'silence', at: now(), silentMs: this.#silentMs, silence }
  }

  /** A master that ends waits for every replica whose ACK is not at its offset, and ours never is. @throws ReplError LINK_LOST (SHUTDOWN) */
  async leaveWhenEnding(): Promise<void> {
    const { info } = await this.#ask()
    if (info && isShuttingDown(info)) throw new ReplError('SHUTDOWN')
  }

  async #ask(): Promise<{ info: Info | undefined; unavailable: ReplError | undefined }> {
    const informant = new Informant(this.#options, this.#signal)
    try {
      return { info: await informant.info(), unavailable: informant.unavailable }
    } finally {
      informant.close()
    }
  }
}
