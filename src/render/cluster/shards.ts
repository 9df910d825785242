/** The shards of a cluster in one table, as text and as JSON. */
import { explain } from '../../diagnosis/errors/explain.ts'
import type { ErrorCode, ReplError } from '../../errors.ts'
import { type SlotRange, slotsText } from '../../protocol/cluster/cluster-map.ts'
import type { JsonObject } from '../base/json-line.ts'
import { printable } from '../base/printable.ts'
import { type About, reportJson } from '../base/report.ts'
import type { Screen } from '../base/screen.ts'
import { table } from '../base/table.ts'
import { type Tone, verdictText } from '../base/verdict.ts'

export interface ShardRow {
  readonly slots: readonly SlotRange[]
  readonly node: string
  /** The address of the master. */
  readonly endpoint: string
  /** The server that was asked: the master, or the replica that --prefer selected. */
  readonly from: string
  readonly failure?: ReplError
  readonly looked?: ShardResult
}

export interface ShardResult {
  /** The mark of the answer, such as PARTIAL. */
  readonly mark: string
  readonly tone: Tone
  /** The answer in one sentence. */
  readonly result: string
  /** Whether it leaves the exit status at 0. */
  readonly isWell: boolean
  readonly report: object
}

/** The verdict, a row for each shard, and how many of them are well. */
export function clusterText(screen: Screen, rows: readonly ShardRow[], isQuiet: boolean): string {
  const { mark, tone, text } = clusterVerdict(rows)
  const verdict = verdictText(screen, mark, tone, text)
  if (isQuiet) return verdict
  const cells = rows.map((row) => {
    const { slots, endpoint, from, failure, looked } = row
    return [
      slotsText(slots),
      [from, ...(from === endpoint ? [] : [`(replica of ${endpoint})`])].map(printable).join('\n'),
      screen.colour[looked?.tone ?? 'bad'](answerText(row)),
      printable(failure ? explain(failure).what : (looked?.result ?? '')),
    ]
  })
  const counts = screen.paragraph(`${wellText(rows)}: ${countsText(rows)}`)
  return `${verdict}${table(screen, ['slots', 'server', 'answer', 'why'], cells)}\n${counts}\n`
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
  const { mark, text } = clusterVerdict(rows)
  const verdict = { kind: mark.toLowerCase(), text, shards: rows.length, goodShards: rows.filter(isWell).length }
  return reportJson(about, 'cluster/1', code, verdict, { command, shards })
}

/** The mark of all shards: NO if one of them gives the run its exit status, otherwise the least good one. */
function clusterVerdict(rows: readonly ShardRow[]): { readonly mark: string; readonly tone: Tone; readonly text: string } {
  const results = rows.flatMap(({ looked }) => looked ?? [])
  const decisive = results.find((result) => result.tone !== 'good') ?? results[0]
  if (!decisive || !rows.every(isWell)) return { mark: 'NO', tone: 'bad', text: wellText(rows) }
  const { mark, tone } = decisive
  const count = results.filter((result) => result.mark === mark).length
  return { mark, tone, text: `${count} of ${rows.length} shards` }
}

function wellText(rows: readonly ShardRow[]): string {
  return `${rows.filter(isWell).length} of ${rows.length} shards`
}

/** Each answer and how many shards gave it. */
function countsText(rows: readonly ShardRow[]): string {
  const answers = rows.map(answerText)
  return [...new Set(answers)].map((answer) => `${answers.filter((other) => other === answer).length} ${answer}`).join(', ')
}

function answerText({ failure, looked }: ShardRow): string {
  return failure?.code ?? looked?.mark ?? ''
}

function isWell({ failure, looked }: ShardRow): boolean {
  return failure === undefined && looked?.isWell === true
}
