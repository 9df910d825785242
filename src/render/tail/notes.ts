/** What `tail` says beside the stream: how it goes, and the summary with the way to go on. */

import { explain } from '../../diagnosis/errors/explain.ts'
import { describeSilence } from '../../diagnosis/psync/silence.ts'
import { ratesOf } from '../../diagnosis/stream-stats.ts'
import { bytes, duration, exact, rate } from '../../diagnosis/units.ts'
import type { ReplEvent, SilenceEvent } from '../../engine/events.ts'
import type { AttachedEvent, FollowEvent, Progress as Passed, ResumedEvent, ShardChange } from '../../engine/follow/events.ts'
import { slotsText } from '../../protocol/cluster/cluster-map.ts'
import type { Palette } from '../base/palette.ts'
import { palette } from '../base/palette.ts'
import { printable } from '../base/printable.ts'
import type { Progress } from '../base/progress.ts'
import { wrap } from '../base/wrap.ts'
import { type Detail, linesOf, traceText, warningText } from '../trace/trace.ts'
import { gapSentence } from './gap.ts'

/** How far a stream was shown. */
type Shown = Passed & { readonly server: string }

export class TailText {
  readonly #progress: Progress
  readonly #detail: Detail
  readonly #colour: Palette
  readonly #stream: NodeJS.WriteStream
  readonly #beforeNote: () => void
  readonly #name: (() => string) | undefined
  /** The silence that was told last. */
  #silenceTold: SilenceEvent | undefined

  /**
   * @param beforeNote makes room on the terminal
   * @param name of the stream, where it is one of several
   */
  constructor(progress: Progress, detail: Detail, stream: NodeJS.WriteStream, beforeNote: () => void, name?: () => string) {
    this.#progress = progress
    this.#detail = detail
    this.#colour = palette(stream)
    this.#stream = stream
    this.#beforeNote = beforeNote
    this.#name = name
  }

  /** Speaks of one of several streams, beside the others. */
  ofShard(name: () => string): TailText {
    return new TailText(this.#progress, this.#detail, this.#stream, this.#beforeNote, name)
  }

  show(event: FollowEvent): void {
    this.#note(this.#text(event))
  }

  shardChange(change: ShardChange): void {
    this.#note(this.#warn(shardSentence(change)))
  }

  #note(text: string): void {
    if (text === '') return
    this.#beforeNote()
    this.#progress.note(text.trimEnd())
  }

  /** How far the output is behind what was received. */
  behind(spooled: number, onDisk: number): void {
    if (spooled > 0) this.#progress.update('the output is behind', `${bytes(spooled)}, of which ${bytes(onDisk)} on disk`)
  }

  summary(shown: readonly Shown[], elapsedMs: number, goOn: string | undefined): void {
    this.#progress.end()
    if (this.#detail.quiet || shown.length === 0) return
    const sum = (what: 'commands' | 'bytes') => shown.reduce((total, one) => total + one[what], 0)
    const all = { commands: sum('commands'), bytes: sum('bytes') }
    const { commandsPerSecond, bytesPerSecond } = ratesOf(all, elapsedMs)
    const figures = `${exact(all.commands)} commands, ${bytes(all.bytes)} in ${duration(elapsedMs)} (${rate(commandsPerSecond)} commands/s, ${bytes(Math.round(bytesPerSecond))}/s)`
    const ends = shown.map(({ position, server }) => {
      const name = shown.length > 1 ? `${printable(server)}: ` : ''
      return `${name}last offset ${position.offset} of ${position.replid}`
    })
    this.#progress.note([this.#colour.strong(figures), ...ends].join('\n'))
    if (goOn) this.#progress.note(`go on with: ${goOn}`)
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
        return this.#colour.bad(wrap(`! ${this.#of()}gap: ${gapSentence(event)}`, '  '))
      case 'link-down':
        return this.#warn(`${explain(event.error).what} Next try in ${(event.retryMs / 1000).toFixed(1)} s.`)
      case 'silence':
        return this.#silence(event)
      case 'spool-full':
        return this.#warn(`${this.#of()}the spool is full: the output is ${bytes(event.bytes)} behind (--on-full ${event.onFull})`)
      case 'warning':
        return warningText(event, this.#colour)
      case 'stored':
        return event.path === undefined ? '' : `snapshot of ${bytes(event.bytes)} in ${printable(event.path)}, ${event.checksum}`
      default:
        return this.#detail.verbosity > 0 || event.type === 'source' ? this.#trace(event) : ''
    }
  }

  /** Of several at once each line has to say whose it is. */
  #trace(event: ReplEvent): string {
    const text = traceText(event, this.#detail, this.#colour)
    return this.#name ? linesOf(this.#name(), text) : text
  }

  /** Whom a sentence is about that does not say so itself. */
  #of(): string {
    return this.#name ? `${this.#name()}: ` : ''
  }

  #attached({ server, position: { replid, offset }, showAfter }: AttachedEvent): string {
    return this.#colour.dim(`following ${printable(server)} behind offset ${Math.max(offset, showAfter)} of ${replid}`)
  }

  #resumed({ server, position: { replid, offset }, formerReplid }: ResumedEvent): string {
    const renamed = replid === formerReplid ? '' : `; the history goes on as ${replid} (a replica was promoted)`
    return this.#colour.good(wrap(`following ${printable(server)} again behind offset ${offset}, nothing was missed${renamed}`, '  '))
  }

  /** Of the same silence less and less often. */
  #silence(event: SilenceEvent): string {
    const { silentMs, silence } = event
    const told = this.#silenceTold
    if (told?.silence === silence && silentMs > told.silentMs && silentMs < told.silentMs * 2) return ''
    this.#silenceTold = event
    const why = silence === 'unknown' ? 'INFO, which would tell why, is not permitted' : describeSilence(silence)
    return this.#warn(`${this.#of()}nothing has come for ${duration(silentMs)}, not even a PING: ${why}`)
  }

  #warn(text: string): string {
    return this.#colour.warn(wrap(`! ${printable(text)}`, '  '))
  }
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
