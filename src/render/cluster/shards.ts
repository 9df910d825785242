/** The shards of a cluster in one table, as text and as JSON. */
import { explain } from '../../diagnosis/errors/explain.ts'
import type { ErrorCode, ReplError } from '../../errors.ts'
import { type SlotRange, slotsText } from '../../protocol/cluster/cluster-map.ts'
import type { JsonObject } from '../base/json-line.ts'
import { printable } from '../base/printable.ts'
import { type About, reportJson } from '../base/report.ts'
import type { Screen } from '../base/screen.ts'
import { table } from '../base/table.ts'
import { verdictText } from '../base/verdict.ts'
import { wrapped } from '../base/wrap.ts'

export interface ShardRow {
  readonly slots: readonly SlotRange[]
  readonly node: string
  /** The address of the master. */
  readonly endpoint: string
  /** The server that was asked: the master, or the replica that --prefer selected. */
  readonly from: string
  readonly failure?: ReplError
  readonly looked?: { readonly word: string; readonly result: string; readonly isWell: boolean; readonly report: object }
}

const RESULT_WIDTH = 34
/** The columns besides the result, with their lines. */
const OTHERS_WIDTH = 46

/** The verdict first, then a row for each shard. */
export function clusterText(screen: Screen, rows: readonly ShardRow[], isQuiet: boolean): string {
  const { kind, text } = clusterVerdict(rows)
  const verdict = verdictText(screen, kind.toUpperCase(), kind === 'ok' ? 'good' : 'bad', text)
  if (isQuiet) return verdict
  const width = Math.max(RESULT_WIDTH, screen.width - OTHERS_WIDTH)
  const cells = rows.map((row) => {
    const { slots, endpoint, from, failure, looked } = row
    const { bad, good } = screen.colour
    const result = failure ? explain(failure).what : (looked?.result ?? '')
    const paint = isWell(row) ? good : bad
    return [
      slotsText(slots),
      [from, ...(from === endpoint ? [] : [`(replica of ${endpoint})`])].map(printable).join('\n'),
      paint(failure ? failure.code : (looked?.word ?? '')),
      wrapped(printable(result), '', '', width),
    ]
  })
  return `${verdict}${table(screen, ['slots', 'server', 'answer', 'why'], cells)}\n${text}\n`
}

export function clusterJson(about: About, command: string, rows: readonly ShardRow[], code: ErrorCode | undefined): JsonObject {
  const shards = rows.map(({ slots, node, endpoint, from, failure, looked }) => ({
    slots,
    node,
    endpoint,
    from,
    ...(failure && { error: { code: failure.code, ...explain(failure) } }),
    ...(looked && { result: looked.result, report: looked.report }),
  }))
  const verdict = { ...clusterVerdict(rows), shards: rows.length, goodShards: rows.filter(isWell).length }
  return reportJson(about, 'cluster/1', code, verdict, { command, shards })
}

function isWell({ failure, looked }: ShardRow): boolean {
  return failure === undefined && looked?.isWell === true
}

function clusterVerdict(rows: readonly ShardRow[]): { readonly kind: 'ok' | 'no'; readonly text: string } {
  const good = rows.filter(isWell).length
  return { kind: good === rows.length ? 'ok' : 'no', text: `${good} of ${rows.length} shards` }
}
