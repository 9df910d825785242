/** `psync --full` for people: the trace, the current phase, and at the end the figures and their meaning. */
import { judgeResync, type ResyncFigures } from '../../diagnosis/psync/resync.ts'
import { bytes, duration, exact, milliseconds } from '../../diagnosis/units.ts'
import type { ReplEvent } from '../../engine/events.ts'
import type { KnownShard } from '../../protocol/cluster/cluster-map.ts'
import { type Palette, palette } from '../base/palette.ts'
import type { Progress } from '../base/progress.ts'
import { table } from '../base/table.ts'
import { wrap } from '../base/wrap.ts'
import { shardText } from '../cluster/one-shard.ts'
import { countersLine } from '../trace/counters.ts'
import { type Detail, traceText } from '../trace/trace.ts'
import { TransferProgress } from '../trace/transfer.ts'

export class ResyncText {
  readonly #write: (text: string) => void
  readonly #progress: Progress
  readonly #transfer: TransferProgress
  readonly #detail: Detail
  readonly #colour: Palette
  #cost = ''

  constructor(write: (text: string) => void, progress: Progress, detail: Detail, stream: { readonly isTTY?: boolean }) {
    this.#write = write
    this.#progress = progress
    this.#transfer = new TransferProgress(progress)
    this.#detail = detail
    this.#colour = palette(stream)
  }

  show(event: ReplEvent): void {
    if (event.type === 'counters') this.#cost = countersLine(event)
    else this.#step(event)
  }

  end(): void {
    this.#progress.end()
  }

  #step(event: ReplEvent): void {
    const isTraced = !this.#detail.quiet && !(event.type === 'keep-alive' && this.#detail.verbosity === 0)
    const text = isTraced ? traceText(event, this.#detail, this.#colour) : ''
    if (text) {
      this.#progress.end()
      this.#write(text)
    }
    this.#transfer.show(event)
    if (event.type === 'stream') this.#progress.update('catching up', `${bytes(Math.max(0, event.masterOffset - event.offset))} behind`)
  }

  /** @param shard of a node of a cluster */
  conclude(figures: ResyncFigures, shard?: KnownShard): void {
    this.#progress.end()
    const { risk, sentences, commands } = judgeResync(figures)
    const paint = {
      SAFE: this.#colour.good,
      CLOSE: this.#colour.warn,
      LOOP: this.#colour.bad,
      BEHIND: this.#colour.bad,
      UNKNOWN: this.#colour.warn,
    }
    const [first = '', ...rest] = sentences
    const scope = shard && shard.shards !== 1 ? [`These figures are of one shard: ${shardText(shard)}.`] : []
    const lines = [...rest, ...scope].map((sentence) => `  ${wrap(sentence, '  ', 78)}\n`)
    const settings = commands.map((command) => `    ${this.#colour.strong(command)}\n`)
    const details = this.#detail.quiet ? '' : `\n${table([], rows(figures))}\n${this.#colour.dim(wrap(this.#cost, '  '))}\n\n`
    this.#write(`${details}${paint[risk](risk)} ${wrap(first, '  ', 79 - risk.length)}\n${[...lines, ...settings].join('')}`)
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
    ['offset', '', `${exact(snapshotOffset)} → ${exact(endOffset)}`],
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
