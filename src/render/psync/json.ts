/** `psync --json`: docs/schemas/psync-1.json. */

import { adviseOn, bytesPerSecond, secondsToLive } from '../../diagnosis/psync/advice.ts'
import { answerOf, forecastAnswer, isAsForecast, type ListedPosition, type PsyncFacts, type Subject } from '../../diagnosis/psync/answer.ts'
import { checkedConditions } from '../../diagnosis/psync/conditions.ts'
import { describeGuard, describeTraces } from '../../diagnosis/psync/verdict.ts'
import { because, headline, notSent } from '../../diagnosis/psync/words.ts'
import type { Visit } from '../../engine/visit.ts'
import type { ErrorCode } from '../../errors.ts'
import { requestOffset } from '../../protocol/history.ts'
import type { JsonObject } from '../base/json-line.ts'
import { resyncLoopJson } from '../base/loop-json.ts'
import { remedyJson } from '../base/remedy.ts'
import { type About, reportJson } from '../base/report.ts'
import { costJson, traceJson } from '../trace/json.ts'

/** An answer, and what it was expected to be. */
export interface Answered {
  readonly facts: PsyncFacts
  readonly subject: Subject
  /** When the answer was given. */
  readonly at: Date
  readonly expected: string | undefined
  /** What gives the run its exit status. */
  readonly code: ErrorCode | undefined
}

export function psyncJson(about: About, visit: Visit, { facts, subject, at, expected, code }: Answered): JsonObject {
  const { answer, basis } = answerOf(facts)
  const body = { ...answerJson(facts, subject, expected), ...traceJson(visit), ...costJson(visit) }
  const kind = facts.loop ? 'loop' : answer
  return reportJson(
    about,
    'psync/1',
    code,
    { kind, answer, basis, text: headline(facts, subject), reasons: because(facts, subject) },
    body,
    at,
  )
}

function answerJson(facts: PsyncFacts, subject: Subject, expected: string | undefined): JsonObject {
  const { position, forecast, verdict, guard, rate } = facts
  const { answer } = answerOf(facts)
  const seconds = secondsToLive(facts)
  return {
    resyncLoop: facts.loop ? resyncLoopJson(facts.loop) : null,
    subject: subjectJson(subject),
    asked: position ? { ...position, requestOffset: requestOffset(position) } : null,
    forecast: forecast ? { ...forecast, kind: forecastAnswer(forecast) } : null,
    isAsForecast: isAsForecast(facts) ?? null,
    reply: verdict ?? null,
    notSent: notSent(facts) ?? null,
    guard: guard ? { name: guard.name, isCertain: guard.isCertain, text: describeGuard(guard), traces: describeTraces(guard) } : null,
    conditions: checkedConditions(facts).map((condition) => ({ ...condition, holds: condition.holds ?? null })),
    advice: adviseOn(facts).map(({ code, text, remedy }) => ({ code, text, remedy: remedyJson(remedy) })),
    writeRate: rate ? { ...rate, bytesPerSecond: bytesPerSecond(facts) } : null,
    // JSON has no Infinity: null with a measured rate of 0 means "as long as nothing is written".
    staysGoodMs: seconds !== undefined && Number.isFinite(seconds) ? Math.round(seconds * 1000) : null,
    expectation: expected ? { expected, isMet: answer === expected } : null,
  }
}

function subjectJson(subject: Subject): JsonObject {
  if (subject.kind !== 'replica') return { ...subject }
  const { downSeconds, listed, ...rest } = subject
  return {
    ...rest,
    ...(subject.follows !== undefined && {
      isLinkUp: downSeconds === undefined,
      // Null for a link that was never up, and for one that is up now.
      downMs: downSeconds === undefined || downSeconds < 0 ? null : downSeconds * 1000,
    }),
    ...(listed && { listed: listedJson(listed) }),
  }
}

function listedJson({ ackAgeSeconds, ...listed }: ListedPosition): JsonObject {
  return { ...listed, ackAgeMs: ackAgeSeconds === undefined ? null : ackAgeSeconds * 1000 }
}
