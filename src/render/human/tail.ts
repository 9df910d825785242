/** What `tail` says beside the stream: how it goes, and the summary with the way to go on. */
import { explain } from '../../diagnosis/errors.ts'
import { describeSilence } from '../../diagnosis/silence.ts'
import { ratesOf } from '../../diagnosis/stream-stats.ts'
import { bytes, duration, exact } from '../../diagnosis/units.ts'
import type { Progress as Passed } from '../../engine/consume.ts'
import type { SilenceEvent } from '../../engine/events.ts'
import type { Told } from '../../engine/follow.ts'
import type { AttachedMark, ResumedMark } from '../../engine/follow-events.ts'
import type { Palette } from '../palette.ts'
import { palette } from '../palette.ts'
import { printable } from '../printable.ts'
import type { Progress } from '../progress.ts'
import { gapSentence } from '../stream/gap.ts'
import { wrap } from '../wrap.ts'
import { type Detail, traceText, warningText } from './trace.ts'

export class TailText {
  readonly #progress: Progress
  readonly #detail: Detail
  readonly #colour: Palette
  readonly #beforeNote: () => void
  #server = ''
  /** The silence that was told last. */
  #silenceTold: SilenceEvent | undefined

  /** @param beforeNote makes room on the terminal */
  constructor(progress: Progress, detail: Detail, stream: NodeJS.WriteStream, beforeNote: () => void) {
    this.#progress = progress
    this.#detail = detail
    this.#colour = palette(stream)
    this.#beforeNote = beforeNote
  }

  show(event: Told): void {
    if (event.type === 'connected') this.#server = event.remote
    const text = this.#text(event)
    if (text === '') return
    this.#beforeNote()
    this.#progress.note(text.trimEnd())
  }

  /** How far the output is behind what was received. */
  behind(spooled: number, onDisk: number): void {
    if (spooled > 0) this.#progress.update('the output is behind', `${bytes(spooled)}, of which ${bytes(onDisk)} on disk`)
  }

  summary(passed: Passed | undefined, elapsedMs: number, goOn: string | undefined): void {
    this.#progress.end()
    if (this.#detail.quiet || !passed) return
    const { commandsPerSecond, bytesPerSecond } = ratesOf(passed, elapsedMs)
    const figures = `${exact(passed.commands)} commands, ${bytes(passed.bytes)} in ${duration(elapsedMs)} (${commandsPerSecond.toFixed(1)} commands/s, ${bytes(Math.round(bytesPerSecond))}/s)`
    this.#progress.note(`${this.#colour.strong(figures)}\nlast offset ${passed.place.offset} of ${passed.replid}`)
    if (goOn) this.#progress.note(`go on with: ${goOn}`)
  }

  end(): void {
    this.#progress.end()
  }

  #text(event: Told): string {
    switch (event.type) {
      case 'attached':
        return this.#attached(event)
      case 'resumed':
        return this.#resumed(event)
      case 'gap':
        return this.#colour.bad(wrap(`! gap: ${gapSentence(event)}`, '  '))
      case 'link-down':
        return this.#warn(`${explain(event.error).what} Next try in ${(event.retryMs / 1000).toFixed(1)} s.`)
      case 'silence':
        return this.#silence(event)
      case 'spool-full':
        return this.#warn(`the spool is full: the output is ${bytes(event.bytes)} behind (--on-full ${event.onFull})`)
      case 'warning':
        return warningText(event, this.#colour)
      case 'stored':
        return event.path === undefined ? '' : `snapshot of ${bytes(event.bytes)} in ${printable(event.path)}, ${event.checksum}`
      default:
        return this.#detail.verbosity > 0 || event.type === 'source' ? traceText(event, this.#detail, this.#colour) : ''
    }
  }

  #attached({ replid, offset, shownBehind }: AttachedMark): string {
    const behind = Math.max(offset, shownBehind)
    return this.#colour.dim(`following ${printable(this.#server)} behind offset ${behind} of ${replid}`)
  }

  #resumed({ replid, was, offset }: ResumedMark): string {
    const renamed = replid === was ? '' : `; the history goes on as ${replid} (a replica was promoted)`
    return this.#colour.good(wrap(`following ${printable(this.#server)} again behind offset ${offset}, nothing was missed${renamed}`, '  '))
  }

  /** Of the same silence less and less often. */
  #silence(event: SilenceEvent): string {
    const { silentMs, silence } = event
    const told = this.#silenceTold
    if (told?.silence === silence && silentMs > told.silentMs && silentMs < told.silentMs * 2) return ''
    this.#silenceTold = event
    const why = silence === 'unknown' ? 'INFO, which would tell why, is not permitted' : describeSilence(silence)
    return this.#warn(`nothing has come for ${duration(silentMs)}, not even a PING: ${why}`)
  }

  #warn(text: string): string {
    return this.#colour.warn(wrap(`! ${printable(text)}`, '  '))
  }
}
