/**
 * The same events for programs: one object a run, with the name and version of its schema (docs/schemas).
 */

import { describeChoice } from '../../diagnosis/choice.ts'
import type { Explanation } from '../../diagnosis/errors/explain.ts'
import type { PsyncFacts, Subject } from '../../diagnosis/psync/answer.ts'
import { describeFinding } from '../../diagnosis/psync/findings.ts'
import { judgeResync, type ResyncFigures } from '../../diagnosis/psync/resync.ts'
import { describeVerdict, describeWarning } from '../../diagnosis/psync/verdict.ts'
import type { ExchangeEvent, ReplEvent, VerdictEvent } from '../../engine/events.ts'
import type { ResyncEvent } from '../../engine/resync.ts'
import type { StoredEvent } from '../../engine/store.ts'
import type { ReplError } from '../../errors.ts'
import { UNSAFE } from '../base/printable.ts'
import { psyncAnswer } from '../psync/json.ts'

export type JsonObject = Record<string, unknown>

/** One line of JSON. What moves a terminal's cursor is escaped beyond what JSON asks for. */
export function jsonLine(object: object): string {
  return `${JSON.stringify(object).replace(UNSAFE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`
}

/** Collects what a run has told and gives it as one object. */
export class RunReport {
  readonly #exchanges: JsonObject[] = []
  readonly #queries: JsonObject[] = []
  readonly #warnings: JsonObject[] = []
  #keepAlives = 0
  readonly #choices: JsonObject[] = []
  /** What came before the connection. */
  readonly #way: JsonObject = {}
  readonly #unreached: JsonObject[] = []
  #connected: JsonObject | undefined
  #server: JsonObject | undefined
  #verdict: VerdictEvent | undefined
  #stored: StoredEvent | undefined
  #bill: unknown

  add(event: ReplEvent | StoredEvent | ResyncEvent): void {
    switch (event.type) {
      case 'source': {
        const { type: _, at: __, ...choice } = event
        this.#choices.push({ ...choice, text: describeChoice(event)[0] })
        break
      }
      case 'lookup':
        this.#way.addresses = { host: event.host, found: event.addresses, ms: event.ms }
        break
      case 'unreached':
        this.#unreached.push({ address: event.address, errno: event.errno, ms: event.ms })
        break
      case 'secured': {
        const { type: _, at: __, ...tls } = event
        this.#way.tls = tls
        break
      }
      case 'connected':
        this.#connected = { remote: event.remote, local: event.local, rttMs: event.rttMs }
        break
      case 'exchange':
        this.#exchanges.push(exchange(event))
        break
      case 'query':
        this.#queries.push({ sent: event.sent, reply: event.reply, rttMs: event.rttMs })
        break
      case 'server':
        this.#server = { ...event.identity, ...(event.history && { history: event.history }), guard: event.guard?.name ?? 'none' }
        break
      case 'warning':
        this.#warnings.push({
          code: event.code,
          text: describeWarning(event.code),
          ...(event.cause && { cause: { code: event.cause.code, details: event.cause.details } }),
        })
        break
      case 'keep-alive':
        this.#keepAlives += event.count
        break
      case 'verdict':
        this.#verdict = event
        break
      case 'stored':
        this.#stored = event
        break
      case 'bill':
        this.#bill = event.rows ?? null
        break
    }
  }

  handshake(): JsonObject {
    const { verdict = { kind: 'none' }, stopped } = this.#verdict ?? {}
    return {
      schema: 'redis-repl/handshake/1',
      verdict: { ...verdict, ...(stopped && { stopped }), text: describeVerdict(verdict as VerdictEvent['verdict'], stopped) },
      ...this.#trace(),
      bill: this.#bill ?? null,
    }
  }

  dumpRdb(): JsonObject {
    const { path, bytes, checksum, header, framing, verdict, elapsedMs, written } = this.#stored ?? {}
    return {
      schema: 'redis-repl/dump-rdb/1',
      file: path ?? null,
      bytes,
      checksum,
      compression: written?.compression ?? null,
      fileBytes: written?.bytes ?? bytes,
      sha256: written?.sha256 ?? null,
      framing,
      rdb: header,
      history: verdict?.kind === 'full' ? { replid: verdict.replid, offset: verdict.offset } : null,
      elapsedMs,
      ...this.#trace(),
      bill: this.#bill ?? null,
    }
  }

  psync(facts: PsyncFacts, subject: Subject, at: Date, expected?: string): JsonObject {
    return {
      schema: 'redis-repl/psync/1',
      at: at.toISOString(),
      ...psyncAnswer(facts, subject, expected),
      ...this.#trace(),
      bill: this.#bill ?? null,
    }
  }

  resync(figures: ResyncFigures): JsonObject {
    const { risk, sentences, commands } = judgeResync(figures)
    return {
      schema: 'redis-repl/psync-full/1',
      risk,
      text: sentences.join(' '),
      commands,
      figures,
      ...this.#trace(),
      bill: this.#bill ?? null,
    }
  }

  /** What failed, with the exchanges up to there. */
  failure(error: ReplError, explanation: Explanation, exitStatus: number): JsonObject {
    const { code, details } = error
    return { schema: 'redis-repl/error/1', error: { code, exitStatus, ...explanation, details }, ...this.#trace() }
  }

  #trace(): JsonObject {
    return {
      choices: this.#choices,
      connection: this.#connected ?? null,
      dial: { ...this.#way, unreached: this.#unreached },
      server: this.#server ?? null,
      exchanges: this.#exchanges,
      queries: this.#queries,
      keepAlives: this.#keepAlives,
      warnings: this.#warnings,
    }
  }
}

function exchange({ state, sent, reply, outcome, finding, rttMs }: ExchangeEvent): JsonObject {
  return { state, sent, reply, outcome, finding, meaning: describeFinding(finding), rttMs }
}
