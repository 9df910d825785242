/** A visit as JSON: the part that the objects of all commands share (docs/schemas). */
import type { Explanation } from '../../diagnosis/errors/explain.ts'
import { describeFinding } from '../../diagnosis/psync/findings.ts'
import { describeWarning } from '../../diagnosis/psync/verdict.ts'
import type { Candidate } from '../../engine/ask/source.ts'
import type { DialEvent, ExchangeEvent, ServerEvent, SourceEvent, WarningEvent } from '../../engine/events.ts'
import type { Visit } from '../../engine/visit.ts'
import type { ReplError } from '../../errors.ts'
import type { JsonObject } from '../base/json-line.ts'
import { type About, reportJson } from '../base/report.ts'
import { describeChoice, describeFailure } from './choice.ts'

/** The failure, with the trace of the visit before it. */
export function errorJson(about: About, { code, details }: ReplError, explanation: Explanation, visit: Visit): JsonObject {
  const body = { error: { code, ...explanation, details }, ...traceJson(visit) }
  return reportJson(about, 'error/1', code, { kind: 'error', text: explanation.what }, body)
}

export function traceJson({ choices, dialled, exchanges, queries, warnings, keepAlives, seen }: Visit): JsonObject {
  const { connected, server } = seen
  return {
    choices: choices.map(choiceJson),
    connection: connected ? { remote: connected.remote, local: connected.local, rttMs: connected.rttMs } : null,
    dial: dialJson(dialled),
    server: server ? serverJson(server) : null,
    exchanges: exchanges.map(exchangeJson),
    queries: queries.map(({ sent, reply, rttMs }) => ({ sent, reply, rttMs })),
    keepAlives,
    warnings: warnings.map(warningJson),
  }
}

/** Counters of the whole server before and after the visit, by their names in camel case; null without INFO. */
export function costJson({ seen }: Visit): { readonly cost: JsonObject | null } {
  const rows = seen.counters?.rows
  if (!rows) return { cost: null }
  const entries = rows.map(({ field, before, after }) => {
    const { name, read } = READERS[field] ?? { name: camelCase(field), read: Number }
    return [name, { before: before === undefined ? null : read(before), after: after === undefined ? null : read(after) }]
  })
  return { cost: Object.fromEntries(entries) }
}

/** Counters that are not plain numbers. */
const READERS: Readonly<Record<string, { readonly name: string; readonly read: (text: string) => number | string }>> = {
  master_replid: { name: 'masterReplid', read: String },
  latest_fork_usec: { name: 'latestForkMs', read: (text) => Number(text) / 1000 },
}

function camelCase(field: string): string {
  return field.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
}

function choiceJson({ type: _, at: __, announced, ...choice }: SourceEvent): JsonObject {
  return { ...choice, asked: choice.asked.map(consideredJson), text: describeChoice({ ...choice, ...(announced && { announced }) })[0] }
}

function consideredJson({ name, answer, address, failure, offset }: Candidate): JsonObject {
  return {
    name,
    answer,
    ...(address !== undefined && !failure && { named: address }),
    ...(failure && { failure: describeFailure(failure) }),
    ...(offset !== undefined && { offset }),
  }
}

/** `unreached` keeps the order of the attempts. */
function dialJson(events: readonly DialEvent[]): JsonObject {
  const steps: JsonObject = {}
  const unreached: JsonObject[] = []
  for (const event of events) {
    if (event.type === 'lookup') steps.addresses = { host: event.host, found: event.addresses, tookMs: event.ms }
    if (event.type === 'unreached') unreached.push({ address: event.address, errno: event.errno, tookMs: event.ms })
    if (event.type === 'secured') steps.tls = sessionJson(event)
  }
  return { ...steps, unreached }
}

function sessionJson({ type: _, at: __, ms, ...tls }: Extract<DialEvent, { type: 'secured' }>): JsonObject {
  return { tookMs: ms, ...tls }
}

function serverJson({ identity, history, guard }: ServerEvent): JsonObject {
  return { ...identity, ...(history && { history }), guard: guard?.name ?? 'none' }
}

function exchangeJson({ state, sent, reply, outcome, finding, rttMs }: ExchangeEvent): JsonObject {
  return { state, sent, reply, outcome, finding, meaning: describeFinding(finding), rttMs }
}

function warningJson({ code, cause }: WarningEvent): JsonObject {
  return { code, text: describeWarning(code), ...(cause && { cause: { code: cause.code, details: cause.details } }) }
}
