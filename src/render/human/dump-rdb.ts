/** `dump-rdb` for people, on stderr: the phase it is in, and at the end what was taken. */
import type { BillEvent, ReplEvent } from '../../engine/events.ts'
import type { StoredEvent } from '../../engine/store.ts'
import { type Palette, palette } from '../palette.ts'
import { printable } from '../printable.ts'
import type { Progress } from '../progress.ts'
import { table } from '../table.ts'
import { bytes, duration, exact } from '../units.ts'
import { billLine, billText } from './bill.ts'
import { connectedText, exchangeText, keepAliveText, queryText } from './exchange.ts'
import { type Detail, warningText } from './handshake.ts'

const STEADY_MS = 500

export class DumpText {
  readonly #progress: Progress
  readonly #detail: Detail
  readonly #colour: Palette
  #began = 0
  #received = 0
  #total: number | undefined
  #keys = ''
  #share = 0

  constructor(progress: Progress, detail: Detail, stream: { readonly isTTY?: boolean }) {
    this.#progress = progress
    this.#detail = detail
    this.#colour = palette(stream)
  }

  show(event: ReplEvent | StoredEvent): void {
    if (this.#detail.verbosity > 0) this.#trace(event)
    if (event.type === 'connected') this.#progress.update('shaking hands', printable(event.remote))
    else if (event.type === 'warning') this.#progress.note(warningText(event, this.#colour).trimEnd())
    else if (event.type === 'stored') this.#stored(event)
    else if (event.type === 'bill') this.#bill(event)
    else this.#transfer(event)
  }

  end(): void {
    this.#progress.end()
  }

  #transfer(event: ReplEvent): void {
    if (event.type === 'bgsave') this.#countKeys(event.keysDone, event.keysTotal)
    if (event.type === 'payload-start') {
      this.#began = event.at
      this.#total = event.framing.kind === 'length' ? event.framing.bytes : undefined
    }
    if (event.type === 'payload-chunk') for (const part of event.data) this.#received += part.length
    if (event.type === 'payload-end') this.#progress.update('syncing to disk', bytes(event.bytes))
    if (event.type !== 'payload-chunk' && event.type !== 'bgsave' && event.type !== 'keep-alive') return
    if (this.#began > 0) this.#receiving(event.at)
    else this.#progress.update('waiting for BGSAVE', this.#keys)
  }

  #stored(event: StoredEvent): void {
    this.#progress.end()
    this.#progress.note(this.#summary(event))
  }

  #bill(event: BillEvent): void {
    this.#progress.end()
    this.#progress.note(this.#detail.verbosity > 0 ? billText(event, this.#colour).trimEnd() : billLine(event))
  }

  #countKeys(done: number, total: number): void {
    this.#share = Math.min(1, done / total)
    this.#keys = `${exact(done)} of ${exact(total)} keys`
  }

  #receiving(at: number): void {
    const elapsed = at - this.#began
    const share = this.#total ? this.#received / this.#total : this.#share
    // Figures over the first moments say nothing.
    const isSteady = elapsed > STEADY_MS
    const rate = isSteady ? `, ${bytes((this.#received / elapsed) * 1000)}/s` : ''
    const left = isSteady && share > 0.01 && share < 1 ? `, ${duration((elapsed / share) * (1 - share))} left` : ''
    const size = this.#total ? `${bytes(this.#received)} of ${bytes(this.#total)}` : bytes(this.#received)
    this.#progress.update('receiving and verifying', `${size}${rate}${left}`)
  }

  #summary({ path, bytes: size, checksum, header, verdict, elapsedMs }: StoredEvent): string {
    const sum =
      checksum === 'verified' ? this.#colour.good('CRC64 verified') : this.#colour.warn('not checksummed by the server (rdbchecksum no)')
    const line = `${printable(path ?? 'stdout')}: ${exact(size)} bytes in ${duration(elapsedMs)}, ${header.magic}, ${sum}`
    const { aux } = header
    const rows = [
      ['server', aux['valkey-ver'] ?? aux['redict-ver'] ?? aux['redis-ver']],
      ['written at', aux.ctime && moment(aux.ctime)],
      ['replid', verdict.kind === 'full' ? verdict.replid : aux['repl-id']],
      ['offset', verdict.kind === 'full' ? String(verdict.offset) : aux['repl-offset']],
    ].flatMap(([name, value]) => (value ? [[name as string, printable(value)]] : []))
    return `${line}\n${table([], rows)}`
  }

  #trace(event: ReplEvent | StoredEvent): void {
    const text = this.#traceText(event)
    if (text) this.#progress.note(text.trimEnd())
  }

  #traceText(event: ReplEvent | StoredEvent): string {
    const colour = this.#colour
    if (event.type === 'connected') return connectedText(event, colour)
    if (event.type === 'exchange') return exchangeText(event, colour, this.#detail.verbosity > 1)
    if (event.type === 'keep-alive') return keepAliveText(event, colour)
    if (event.type === 'query') return queryText(event, colour)
    return ''
  }
}

/** Seconds since 1970 as a date; what is no date is shown as it was written. */
function moment(ctime: string): string {
  const date = new Date(Number(ctime) * 1000)
  return Number.isNaN(date.getTime()) ? ctime : date.toISOString()
}
