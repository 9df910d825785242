/** The stream of one link: every byte after the handshake or the payload, the ACKs, and the handling of silence. */

import { isShuttingDown, judgeSilence } from '../../diagnosis/psync/silence.ts'
import { ReplError } from '../../errors.ts'
import { now } from '../../io/clock.ts'
import type { Link } from '../../io/link.ts'
import type { Position } from '../../protocol/history.ts'
import type { ServerIdentity } from '../../protocol/info/identity.ts'
import type { ServerInfo } from '../../protocol/info/server-info.ts'
import type { Settings } from '../../protocol/settings.ts'
import { isBareNewlines } from '../../protocol/wire/newlines.ts'
import type { Access } from '../ask/access.ts'
import { Informant } from '../ask/informant.ts'
import type { Batch, SilenceEvent } from '../events.ts'
import { ProgressReader } from '../progress-reader.ts'
import type { Ack } from './ack.ts'
import { Heartbeat } from './heartbeat.ts'
import { SetslotWatch } from './setslot-watch.ts'

/** A master sends PING every repl-ping-replica-period (10 s by default); three missing PINGs count as silence. */
const PINGS_MISSED = 3
const DEFAULT_PING_SECONDS = 10
/** How long to wait after a GETACK before checking for a shutdown, during which writes are paused. */
const SHUTDOWN_LOOK_MS = 200

/** What is known of the server of a stream. */
export interface StreamServer {
  readonly identity?: ServerIdentity
  readonly settings?: Settings
  /** An offset at which a command ends: the live end that INFO showed before PSYNC. */
  readonly boundary?: number
}

/**
 * Ends only by throwing.
 * @param rest stream bytes already received
 * @param from the last byte before the stream
 * @throws ReplError LINK_LOST (STREAM_ENDED, SILENT, SHUTDOWN), ABORTED, in the state CONNECTED.
 */
export async function* streamBytes(
  link: Link,
  rest: Buffer,
  from: Position,
  server: StreamServer,
  access: Access,
  ack: Ack,
  signal: AbortSignal,
): AsyncGenerator<Batch> {
  const heartbeat = new Heartbeat(link, ack, from.offset, setslotWatch(ack, from, server))
  const quietMs = pingSeconds(server.settings) * 1000 * PINGS_MISSED
  const watch = new SilenceWatch(from.replid, access, signal)
  const reader = ProgressReader.ofData()
  let { offset } = from
  let mayBeShutdown = false
  try {
    yield [{ type: 'following', at: now(), offset }]
    for (let chunk: Buffer | undefined = rest; ; chunk = await nextChunk(reader, link, mayBeShutdown ? SHUTDOWN_LOOK_MS : quietMs)) {
      if (!chunk) {
        if (mayBeShutdown) await watch.throwOnShutdown()
        else yield [await watch.judge(offset, quietMs)]
        mayBeShutdown = false
        continue
      }
      offset += chunk.length
      if (!isBareNewlines(chunk)) watch.heard()
      heartbeat.received(chunk)
      mayBeShutdown = ack.mode === 'safe' && heartbeat.isAsked
      if (chunk.length > 0) yield [{ type: 'stream-chunk', at: now(), data: chunk, offset }]
    }
  } finally {
    heartbeat.stop()
  }
}

/** @returns undefined when nothing but bare newlines arrives within the limit */
async function nextChunk(reader: ProgressReader, link: Link, limitMs: number): Promise<Buffer | undefined> {
  try {
    const chunk = await reader.read(link, limitMs)
    if (!chunk) throw new ReplError('STREAM_ENDED', { state: 'CONNECTED' })
    return chunk
  } catch (error) {
    if (error instanceof ReplError && error.code === 'TIMEOUT') return undefined
    throw error
  }
}

/** Only a cluster has slots to move. */
function setslotWatch(ack: Ack, { offset }: Position, { identity, boundary }: StreamServer): SetslotWatch | undefined {
  if (ack.mode !== 'safe' || identity?.mode !== 'cluster') return undefined
  const { setslots = new SetslotWatch() } = ack
  setslots.attached(offset, boundary)
  return setslots
}

/** Servers up to 4.0 use the old name of the setting. */
function pingSeconds(settings: Settings | undefined): number {
  const seconds = Number(settings?.get('repl-ping-replica-period') ?? settings?.get('repl-ping-slave-period'))
  return seconds > 0 ? seconds : DEFAULT_PING_SECONDS
}

/** Asks the server why it is silent. Uses a new connection each time, since an idle one may be as dead as the link. */
class SilenceWatch {
  readonly #replid: string
  readonly #access: Access
  readonly #signal: AbortSignal
  #silentMs = 0

  constructor(replid: string, access: Access, signal: AbortSignal) {
    this.#replid = replid
    this.#access = access
    this.#signal = signal
  }

  heard(): void {
    this.#silentMs = 0
  }

  /** @throws ReplError LINK_LOST (SILENT) when waiting longer is pointless. */
  async judge(offset: number, silentMs: number): Promise<SilenceEvent> {
    this.#silentMs += silentMs
    const { info, unavailable } = await this.#ask()
    const silence = info ? judgeSilence(info, this.#replid, offset) : 'unknown'
    // Without permission for INFO only the time limit decides. If INFO fails otherwise, the server is gone.
    const isGone = !info && unavailable?.code !== 'NO_PERMISSION'
    const isTooLong = silence === 'unknown' && this.#silentMs >= this.#access.limits.silenceMs
    if (silence === 'broken' || isGone || isTooLong) {
      throw new ReplError('SILENT', { silentMs: this.#silentMs, ...(isGone && unavailable && { infoFailure: unavailable.toFailure() }) })
    }
    return { type: 'silence', at: now(), silentMs: this.#silentMs, silence }
  }

  /**
   * A master that shuts down waits for every replica whose ACK is below its offset, and ours always is.
   * @throws ReplError LINK_LOST (SHUTDOWN)
   */
  async throwOnShutdown(): Promise<void> {
    const { info } = await this.#ask()
    if (info && isShuttingDown(info)) throw new ReplError('SHUTDOWN')
  }

  async #ask(): Promise<{ info: ServerInfo | undefined; unavailable: ReplError | undefined }> {
    const informant = new Informant(this.#access, this.#signal)
    try {
      return { info: await informant.info(), unavailable: informant.unavailable }
    } finally {
      informant.close()
    }
  }
}
