/** What `tail` reports besides the stream: its progress, and a summary with the command to resume. */

import { explain } from '../../diagnosis/errors/explain.ts'
import { describeSilence } from '../../diagnosis/psync/silence.ts'
import { bytes, duration, milliseconds } from '../../diagnosis/units.ts'
import type { ReplEvent, ServerEvent, SilenceEvent, StoredEvent } from '../../engine/events.ts'
import type { AttachedEvent, FollowEvent, ResumedEvent, ShardChange } from '../../engine/follow/events.ts'
import { slotsText } from '../../protocol/cluster/cluster-map.ts'
import { printable } from '../base/printable.ts'
import type { Progress } from '../base/progress.ts'
import type { Screen } from '../base/screen.ts'
import { shardText } from '../cluster/one-shard.ts'
import { keysText } from '../dump-rdb/keys.ts'
import { type Detail, linesOf, traceText, warningText } from '../trace/trace.ts'
import { type StreamProgress, streamFigures } from './figures.ts'
import { gapSentence } from './gap.ts'

/** How the user can resume where the run ended: with this command, with the checkpoint in this file, or not at all. */
export type Resume =
  | { readonly kind: 'command'; readonly command: string }
  | { readonly kind: 'checkpoint'; readonly path: string }
  | { readonly kind: 'none' }

const SHORT_REPLID = 8

export class TailText {
  readonly #progress: Progress
  readonly #detail: Detail
  readonly #screen: Screen
  readonly #stream: NodeJS.WriteStream
  readonly #beforeNote: () => void
  readonly #name: (() => string) | undefined
  /** The last silence that was reported. */
  #lastSilence: SilenceEvent | undefined
  #isShardNoted = false

  /**
   * @param beforeNote makes room on the terminal
   * @param name the name of the stream, if there are several streams
   */
  constructor(progress: Progress, detail: Detail, stream: NodeJS.WriteStream, screen: Screen, beforeNote: () => void, name?: () => string) {
    this.#progress = progress
    this.#detail = detail
    this.#screen = screen
    this.#stream = stream
    this.#beforeNote = beforeNote
    this.#name = name
  }

  /** For one of several streams, on the same output. */
  ofShard(name: () => string): TailText {
    return new TailText(this.#progress, this.#detail, this.#stream, this.#screen, this.#beforeNote, name)
  }

  show(event: FollowEvent): void {
    this.#note(this.#text(event), event.type === 'gap')
  }

  shardChange(change: ShardChange): void {
    this.#note(this.#warn(shardSentence(change)), change.type === 'gone')
  }

  /** @param isLoss commands are missing from the output. Not every format has a record for that, so --quiet shows it too. */
  #note(text: string, isLoss: boolean): void {
    if (text === '') return
    this.#beforeNote()
    if (isLoss && this.#detail.quiet) this.#stream.write(`${text.trimEnd()}\n`)
    else this.#progress.note(text.trimEnd())
  }

  /** How many received bytes are not in the output yet. */
  lagging(spooled: number, onDisk: number): void {
    if (spooled > 0) this.#progress.update('the output lags', `${bytes(spooled)} to write, of which ${bytes(onDisk)} on disk`)
  }

  summary(streams: readonly StreamProgress[], elapsedMs: number, resume: Resume | undefined): void {
    this.#progress.end()
    if (this.#detail.quiet || streams.length === 0) return
    const lines = [this.#screen.colour.strong(streamFigures(streams, elapsedMs).text)]
    // The command to resume already has the position.
    if (resume?.kind !== 'command') lines.push(...streams.map((stream) => lastOffset(stream, streams.length > 1)))
    if (resume) lines.push(resumeText(resume))
    this.#progress.note(lines.join('\n'))
  }

  end(): void {
    this.#progress.end()
  }

  /** The question whether a server without a backlog may fork, with its price. */
  forkQuestion(name: string, server: ServerEvent | undefined): string {
    this.#progress.end()
    return `${this.#screen.paragraph(printable(forkPrice(name, server)), '? ')}\n  Continue? [y/N] `
  }

  #text(event: FollowEvent): string {
    switch (event.type) {
      case 'attached':
        return this.#attached(event)
      case 'resumed':
        return this.#resumed(event)
      case 'gap':
        return this.#screen.colour.bad(this.#screen.paragraph(`${this.#prefix()}gap: ${gapSentence(event)}`, '! '))
      case 'link-down':
        return this.#warn(`${explain(event.error).what} Retrying in ${(event.retryMs / 1000).toFixed(1)} s.`)
      case 'silence':
        return this.#silence(event)
      case 'spool-full':
        return this.#warn(`${this.#prefix()}the spool is full: the output lags by ${bytes(event.bytes)} (--on-full ${event.onFull})`)
      case 'warning':
        return warningText(event, this.#screen)
      case 'server':
        return `${this.#oneShard(event)}${this.#trace(event)}`
      case 'stored':
        return storedText(event)
      default:
        return this.#trace(event)
    }
  }

  /** Once, if the only stream comes from a node of a cluster. */
  #oneShard({ identity }: ServerEvent): string {
    if (this.#name || this.#isShardNoted || identity?.mode !== 'cluster') return ''
    this.#isShardNoted = true
    return `${this.#warn('This server is a cluster node: tail follows its shard only. --cluster follows all shards.')}\n`
  }

  /** With several streams, each line names its stream. */
  #trace(event: ReplEvent): string {
    if (this.#detail.verbosity === 0 && event.type !== 'source') return ''
    const text = traceText(event, this.#detail, this.#screen)
    return this.#name ? linesOf(this.#name(), text) : text
  }

  /** The name of the stream, for a sentence without one; empty with one stream. */
  #prefix(): string {
    return this.#name ? `${this.#name()}: ` : ''
  }

  #attached({ server, position: { replid, offset }, showAfter }: AttachedEvent): string {
    const { colour, paragraph } = this.#screen
    const place = `starting after offset ${Math.max(offset, showAfter)} (replid ${this.#short(replid)})`
    return colour.dim(paragraph(`following ${printable(server)}, ${place}`))
  }

  #resumed({ server, position: { replid, offset }, formerReplid }: ResumedEvent): string {
    const { colour, paragraph } = this.#screen
    const promotion = replid === formerReplid ? '' : `. A replica was promoted: the history continues as replid ${this.#short(replid)}`
    return colour.good(paragraph(`following ${printable(server)} again, starting after offset ${offset}: no byte is missing${promotion}`))
  }

  /** For reading only: what must be pasted is never shortened. */
  #short(replid: string): string {
    return `${replid.slice(0, SHORT_REPLID)}${this.#screen.isUnicode ? '…' : '...'}`
  }

  /** Reports the same silence again only when its duration has doubled. */
  #silence(event: SilenceEvent): string {
    const { silentMs, silence } = event
    const last = this.#lastSilence
    if (last?.silence === silence && silentMs > last.silentMs && silentMs < last.silentMs * 2) return ''
    this.#lastSilence = event
    const why = silence === 'unknown' ? 'the reason is unknown, because INFO is not permitted' : describeSilence(silence)
    return this.#warn(`${this.#prefix()}no bytes for ${duration(silentMs)}, not even a PING: ${why}`)
  }

  #warn(text: string): string {
    return this.#screen.colour.warn(this.#screen.paragraph(printable(text), '! '))
  }
}

function forkPrice(name: string, server: ServerEvent | undefined): string {
  const { dataBytes, lastForkUsec, guard } = server ?? {}
  const facts = [
    ...(dataBytes === undefined ? [] : [`${bytes(dataBytes)} in use`]),
    ...(lastForkUsec === undefined
      ? []
      : [lastForkUsec === 0 ? 'no fork since its start' : `last fork ${milliseconds(lastForkUsec / 1000)}`]),
    guard?.emptyRdb ? 'RDB left empty' : 'its whole RDB is sent and discarded',
  ]
  return `${name} has no replication backlog, so tail needs one fork (${facts.join(', ')}). The server then keeps a backlog and gets a new replid.`
}

function lastOffset({ server, position: { replid, offset } }: StreamProgress, isNamed: boolean): string {
  return `${isNamed ? `${printable(server)}: ` : ''}last offset ${offset} (replid ${replid})`
}

function resumeText(resume: Resume): string {
  switch (resume.kind) {
    case 'command':
      return `To resume: ${resume.command}`
    case 'checkpoint':
      return `To resume: run the same command again. The checkpoint is in ${printable(resume.path)}.`
    case 'none':
      return 'To resume all shards, the run must have a checkpoint: --state FILE.'
  }
}

function storedText({ path, bytes: size, checksum, written: { compression }, header, keys, shard }: StoredEvent): string {
  if (path === undefined) return ''
  const how = compression ? ` (compressed with ${compression})` : ''
  return `snapshot of ${bytes(size)} in ${printable(path)}${how}, ${checksum}; ${shard ? `one shard: ${shardText(shard)}; ` : ''}keys: ${keysText(header, keys)}`
}

function shardSentence(change: ShardChange): string {
  switch (change.type) {
    case 'moved': {
      const { slots, from = 'no server', to = 'no server' } = change
      return `slots ${slotsText(slots)} moved from ${from} to ${to}`
    }
    case 'left':
      return `${change.server} no longer serves slots. Its stream was followed up to offset ${change.offset ?? 'unknown'}.`
    case 'gone':
      return `The shard ${change.shard} no longer serves slots. Its writes after offset ${change.offset} are not followed.`
  }
}
