/** `dump-rdb` for people, on stderr: the current phase, and a summary of the dump at the end. */

import { exact } from '../../diagnosis/units.ts'
import type { CountersEvent, ReplEvent, StoredEvent } from '../../engine/events.ts'
import { printable } from '../base/printable.ts'
import type { Progress } from '../base/progress.ts'
import type { Screen } from '../base/screen.ts'
import { table } from '../base/table.ts'
import { verdictText } from '../base/verdict.ts'
import { shardText } from '../cluster/one-shard.ts'
import { countersText } from '../trace/counters.ts'
import { type Detail, traceText, warningText } from '../trace/trace.ts'
import { TransferProgress } from '../trace/transfer.ts'
import { keysText } from './keys.ts'
import { dumpVerdict } from './verdict.ts'

export class DumpText {
  readonly #write: (text: string) => void
  readonly #progress: Progress
  readonly #transfer: TransferProgress
  readonly #detail: Detail
  readonly #screen: Screen

  /** @param write takes the verdict and what belongs to it; notes along the way go to the progress, which -q silences */
  constructor(write: (text: string) => void, progress: Progress, detail: Detail, screen: Screen) {
    this.#write = write
    this.#progress = progress
    this.#transfer = new TransferProgress(progress)
    this.#detail = detail
    this.#screen = screen
  }

  /** The user did not ask for it by a flag. */
  compresses(path: string, compression: string | undefined): void {
    this.#progress.note(`${printable(path)}: compressed with ${compression}, because of its name`)
  }

  show(event: ReplEvent): void {
    if (this.#detail.verbosity > 0 || event.type === 'source') this.#trace(event)
    if (event.type === 'warning') this.#progress.note(warningText(event, this.#screen).trimEnd())
    else if (event.type === 'stored') this.#conclude(event)
    else if (event.type === 'counters') this.#showCounters(event)
    else this.#transfer.show(event)
  }

  end(): void {
    this.#progress.end()
  }

  #conclude(event: StoredEvent): void {
    this.#progress.end()
    const { kind, text } = dumpVerdict(event)
    const verdict = verdictText(this.#screen, kind.toUpperCase(), kind === 'ok' ? 'good' : 'warn', text)
    this.#write(this.#detail.quiet ? verdict : `${verdict}${table(this.#screen, [], summaryRows(event))}\n`)
  }

  #showCounters(event: CountersEvent): void {
    this.#progress.end()
    if (this.#detail.quiet) return
    this.#write(countersText(event, this.#detail, this.#screen))
  }

  #trace(event: ReplEvent): void {
    // show() writes these two events itself.
    const text = event.type === 'stored' || event.type === 'warning' ? '' : traceText(event, this.#detail, this.#screen)
    if (text) this.#progress.note(text.trimEnd())
  }
}

function summaryRows({ header, keys, verdict, written, shard }: StoredEvent): string[][] {
  const { aux } = header
  const rows: [name: string, value: string | undefined][] = [
    ['compressed', written.bytes === undefined ? undefined : `${exact(written.bytes)} bytes (${written.compression})`],
    ['sha256', written.sha256],
    ['shard', shard && shardText(shard)],
    ['keys', keysText(header, keys)],
    ['server', aux['valkey-ver'] ?? aux['redict-ver'] ?? aux['redis-ver']],
    ['written at', aux.ctime && formatCtime(aux.ctime)],
    ['replid', verdict.kind === 'full' ? verdict.replid : aux['repl-id']],
    ['offset', verdict.kind === 'full' ? String(verdict.offset) : aux['repl-offset']],
  ]
  return rows.flatMap(([name, value]) => (value ? [[name, printable(value)]] : []))
}

/** Seconds since 1970 as a date; an invalid time unchanged. */
function formatCtime(ctime: string): string {
  const date = new Date(Number(ctime) * 1000)
  return Number.isNaN(date.getTime()) ? ctime : date.toISOString()
}
