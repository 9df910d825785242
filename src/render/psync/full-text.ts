/** `psync --full` for people: the current phase, then the answer, its reasons and the figures; with -v the steps. */
import type { ResyncFigures, ResyncRisk } from '../../diagnosis/psync/resync.ts'
import { bytes, duration, exact, milliseconds } from '../../diagnosis/units.ts'
import type { ReplEvent } from '../../engine/events.ts'
import { printable } from '../base/printable.ts'
import type { Progress } from '../base/progress.ts'
import { remedyText } from '../base/remedy.ts'
import type { Screen } from '../base/screen.ts'
import { table } from '../base/table.ts'
import { type Tone, verdictText } from '../base/verdict.ts'
import { countersText } from '../trace/counters.ts'
import { type Detail, traceText } from '../trace/trace.ts'
import { TransferProgress } from '../trace/transfer.ts'
import { type JudgedResync, verdictSentence } from './judged.ts'

const TONES: Record<ResyncRisk, Tone> = { SAFE: 'good', CLOSE: 'warn', LOOP: 'bad', BEHIND: 'bad', UNKNOWN: 'warn' }

export class ResyncText {
  readonly #write: (text: string) => void
  readonly #progress: Progress
  readonly #transfer: TransferProgress
  readonly #detail: Detail
  readonly #screen: Screen
  #cost = ''
  /** The steps so far, with -v. The verdict is written before them. */
  #steps = ''

  constructor(write: (text: string) => void, progress: Progress, detail: Detail, screen: Screen) {
    this.#write = write
    this.#progress = progress
    this.#transfer = new TransferProgress(progress)
    this.#detail = detail
    this.#screen = screen
  }

  show(event: ReplEvent): void {
    if (event.type === 'counters') this.#cost = countersText(event, this.#detail, this.#screen)
    else this.#step(event)
  }

  end(): void {
    this.#progress.end()
    if (this.#steps !== '') this.#write(this.#steps)
    this.#steps = ''
  }

  #step(event: ReplEvent): void {
    const isShown = this.#detail.verbosity > 0 || event.type === 'source' || event.type === 'warning'
    if (isShown && !this.#detail.quiet) this.#steps += traceText(event, this.#detail, this.#screen)
    this.#transfer.show(event)
    if (event.type === 'stream') this.#progress.update('catching up', `${bytes(Math.max(0, event.masterOffset - event.offset))} behind`)
  }

  conclude({ figures, judgement, shard }: JudgedResync): void {
    this.#progress.end()
    const { risk, reasons, remedy } = judgement
    const verdict = verdictText(this.#screen, risk, TONES[risk], verdictSentence({ judgement, shard }))
    if (this.#detail.quiet) {
      this.#write(verdict)
      return
    }
    const lines = reasons.map((sentence) => `${this.#screen.paragraph(printable(sentence), '  ')}\n`)
    const help = remedy ? remedyText(remedy, this.#screen) : ''
    this.#write(`${[verdict, ...lines, help].join('')}\n${table(this.#screen, [], rows(figures))}\n\n${this.#cost}`)
    if (this.#steps !== '') this.#steps = `\n${this.#steps}`
    this.end()
  }
}

function rows(figures: ResyncFigures): string[][] {
  const { framing, waitMs, delaySeconds, transferMs, payloadBytes, checksum, snapshotOffset, endOffset } = figures
  const { catchUp, forkUsec, cowBytes, buffer, limit } = figures
  const transferKind = framing === 'length' ? 'disk-based' : `diskless${delaySeconds ? `, repl-diskless-sync-delay ${delaySeconds} s` : ''}`
  return [
    ['wait for BGSAVE', milliseconds(waitMs), transferKind],
    [
      'transfer',
      milliseconds(transferMs),
      `${exact(payloadBytes)} bytes, ${checksum === 'verified' ? 'CRC64 verified' : 'without a checksum (rdbchecksum no)'}`,
    ],
    ...(catchUp ? [['catch-up', milliseconds(catchUp.ms), `${exact(catchUp.bytes)} bytes of stream`]] : []),
    ['offset', '', `${snapshotOffset} → ${endOffset}`],
    ...(forkUsec === undefined ? [] : [['fork', milliseconds(forkUsec / 1000), 'latest_fork_usec']]),
    ...(cowBytes === undefined ? [] : [['copy-on-write', '', `${exact(cowBytes)} bytes (rdb_last_cow_size)`]]),
    ...(buffer ? [['output buffer', '', `peak ${exact(buffer.peakBytes)} bytes (${buffer.scope})`]] : []),
    ...(limit ? [['its limit', limit.softBytes > 0 ? duration(limit.softSeconds * 1000) : '', limitText(limit)]] : []),
  ]
}

function limitText({ hardBytes, softBytes }: NonNullable<ResyncFigures['limit']>): string {
  const orNone = (count: number) => (count > 0 ? exact(count) : 'none')
  return `hard ${orNone(hardBytes)}, soft ${orNone(softBytes)} bytes`
}
