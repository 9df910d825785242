/** What `tail` reports besides the stream: its progress, and a summary with the command to resume. */

import { explain } from '../../diagnosis/errors/explain.ts'
import { isPingsOnly } from '../../diagnosis/lag/write-rate.ts'
import { describeSilence } from '../../diagnosis/psync/silence.ts'
import { ratesOf } from '../../diagnosis/stream-stats.ts'
import { bytes, duration, exact, rate } from '../../diagnosis/units.ts'
import type { ReplEvent, ServerEvent, SilenceEvent, StoredEvent } from '../../engine/events.ts'
import type { AttachedEvent, FollowEvent, Progress as FollowProgress, ResumedEvent, ShardChange } from '../../engine/follow/events.ts'
import { slotsText } from '../../protocol/cluster/cluster-map.ts'
import { printable } from '../base/printable.ts'
import type { Progress } from '../base/progress.ts'
import type { Screen } from '../base/screen.ts'
import { shardText } from '../cluster/one-shard.ts'
import { keysText } from '../dump-rdb/keys.ts'
import { type Detail, linesOf, traceText, warningText } from '../trace/trace.ts'
import { gapSentence } from './gap.ts'

/** How far the output of a stream got. */
type StreamProgress = FollowProgress & { readonly server: string }

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

  /** @param isLoss commands are missing from the output, and not every format has a record for that: it is told with --quiet too */
  #note(text: string, isLoss: boolean): void {
    if (text === '') return
    this.#beforeNote()
    if (isLoss && this.#detail.quiet) this.#stream.write(`${text.trimEnd()}\n`)
    else this.#progress.note(text.trimEnd())
  }

  /** How many received bytes are not in the output yet. */
  behind(spooled: number, onDisk: number): void {
    if (spooled > 0) this.#progress.update('the output is behind', `${bytes(spooled)}, of which ${bytes(onDisk)} on disk`)
  }

  summary(streams: readonly StreamProgress[], elapsedMs: number, resumeCommand: string | undefined): void {
    this.#progress.end()
    if (this.#detail.quiet || streams.length === 0) return
    const sum = (what: 'commands' | 'bytes') => streams.reduce((total, stream) => total + stream[what], 0)
    const all = { commands: sum('commands'), bytes: sum('bytes') }
    const { commandsPerSecond, bytesPerSecond } = ratesOf(all, elapsedMs)
    const isIdle = all.commands > 0 && isPingsOnly(all.bytes, elapsedMs)
    const figures = `${isIdle ? 'only keep-alives: ' : ''}${exact(all.commands)} ${all.commands === 1 ? 'command' : 'commands'}, ${bytes(all.bytes)} in ${duration(elapsedMs)} (${rate(commandsPerSecond)} commands/s, ${bytes(Math.round(bytesPerSecond))}/s)`
    const ends = streams.map(({ position, server }) => {
      const name = streams.length > 1 ? `${printable(server)}: ` : ''
      return `${name}last offset ${position.offset} of ${position.replid}`
    })
    this.#progress.note([this.#screen.colour.strong(figures), ...ends].join('\n'))
    if (resumeCommand) this.#progress.note(`go on with: ${resumeCommand}`)
  }

  end(): void {
    this.#progress.end()
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
        return this.#warn(`${explain(event.error).what} Next try in ${(event.retryMs / 1000).toFixed(1)} s.`)
      case 'silence':
        return this.#silence(event)
      case 'spool-full':
        return this.#warn(`${this.#prefix()}the spool is full: the output is ${bytes(event.bytes)} behind (--on-full ${event.onFull})`)
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
    return `${this.#warn('this server is a node of a cluster: only its shard is followed; --cluster follows all of them')}\n`
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
    return this.#screen.colour.dim(`following ${printable(server)} behind offset ${Math.max(offset, showAfter)} of ${replid}`)
  }

  #resumed({ server, position: { replid, offset }, formerReplid }: ResumedEvent): string {
    const renamed = replid === formerReplid ? '' : `; the history goes on as ${replid} (a replica was promoted)`
    return this.#screen.colour.good(
      this.#screen.paragraph(`following ${printable(server)} again behind offset ${offset}, nothing was missed${renamed}`),
    )
  }

  /** Reports the same silence again only when its duration has doubled. */
  #silence(event: SilenceEvent): string {
    const { silentMs, silence } = event
    const last = this.#lastSilence
    if (last?.silence === silence && silentMs > last.silentMs && silentMs < last.silentMs * 2) return ''
    this.#lastSilence = event
    const why = silence === 'unknown' ? 'INFO, which would tell why, is not permitted' : describeSilence(silence)
    return this.#warn(`${this.#prefix()}nothing has come for ${duration(silentMs)}, not even a PING: ${why}`)
  }

  #warn(text: string): string {
    return this.#screen.colour.warn(this.#screen.paragraph(printable(text), '! '))
  }
}

function storedText({ path, bytes: size, checksum, written: { compression }, header, keys, shard }: StoredEvent): string {
  if (path === undefined) return ''
  const how = compression ? ` (compressed by ${compression}, as its name says)` : ''
  return `snapshot of ${bytes(size)} in ${printable(path)}${how}, ${checksum}; ${shard ? `one shard: ${shardText(shard)}; ` : ''}keys: ${keysText(header, keys)}`
}

function shardSentence(change: ShardChange): string {
  switch (change.type) {
    case 'moved': {
      const { slots, from = 'nobody', to = 'nobody' } = change
      return `slots ${slotsText(slots)} are served by ${to} now, and were by ${from}`
    }
    case 'left':
      return `${change.server} serves no slots any more; it was followed up to offset ${change.offset ?? 'unknown'}`
    case 'gone':
      return `the shard ${change.shard} serves no slots any more: what it wrote behind offset ${change.offset} is not followed`
  }
}
