/** The shards of a cluster in one table, as text and as JSON. */
import { explain } from '../../diagnosis/errors/explain.ts'
import type { ReplError } from '../../errors.ts'
import { type SlotRange, slotsText } from '../../protocol/cluster/cluster-map.ts'
import { printable } from '../base/printable.ts'
import { table } from '../base/table.ts'
import { wrap } from '../base/wrap.ts'

export interface ShardRow {
  readonly slots: readonly SlotRange[]
  readonly node: string
  /** The address of the master. */
  readonly endpoint: string
  /** The server that was asked: the master, or the replica that --prefer selected. */
  readonly from: string
  readonly failure?: ReplError
  readonly looked?: { readonly result: string; readonly isWell: boolean; readonly report: object }
}

const RESULT_WIDTH = 34

export function clusterText(rows: readonly ShardRow[]): string {
  const cells = rows.map(({ slots, endpoint, from, failure, looked }) => {
    const result = failure ? `${failure.code}: ${explain(failure).what}` : (looked?.result ?? '')
    return [
      slotsText(slots),
      [from, ...(from === endpoint ? [] : [`(replica of ${endpoint})`])].map(printable).join('\n'),
      wrap(printable(result), '', RESULT_WIDTH),
    ]
  })
  return `${table(['slots', 'server', 'result'], cells)}\n`
}

export function clusterJson(command: string, rows: readonly ShardRow[]): object {
  return {
    schema: 'redis-repl/cluster/1',
    command,
    shards: rows.map(({ slots, node, endpoint, from, failure, looked }) => ({
      slots,
      node,
      endpoint,
      from,
      ...(failure && { error: { code: failure.code, ...explain(failure) } }),
      ...(looked && { result: looked.result, report: looked.report }),
    })),
  }
}
