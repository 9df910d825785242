/** `psync --json`: docs/schemas/psync-1.json. */

import { adviseOn, bytesPerSecond, secondsToLive } from '../../diagnosis/psync/advice.ts'
import { answerOf, isAsForecast, type PsyncFacts, type Subject } from '../../diagnosis/psync/answer.ts'
import { checkedConditions } from '../../diagnosis/psync/conditions.ts'
import { describeGuard, describeTraces } from '../../diagnosis/psync/verdict.ts'
import { because, headline, notSent } from '../../diagnosis/psync/words.ts'
import type { Visit } from '../../engine/visit.ts'
import { requestOffset } from '../../protocol/history.ts'
import type { JsonObject } from '../base/json-line.ts'
import { resyncLoopJson } from '../base/loop-json.ts'
import { counterJson, traceJson } from '../trace/json.ts'

/** @param at when the answer was given */
export function psyncJson(visit: Visit, facts: PsyncFacts, subject: Subject, at: Date, expected: string | undefined): JsonObject {
  return {
    schema: 'redis-repl/psync/1',
    at: at.toISOString(),
    ...answerJson(facts, subject, expected),
    ...traceJson(visit),
    ...counterJson(visit),
  }
}

function answerJson(facts: PsyncFacts, subject: Subject, expected: string | undefined): JsonObject {
  const { position, forecast, verdict, guard, rate } = facts
  const { answer, basis } = answerOf(facts)
  const seconds = secondsToLive(facts)
  return {
    resyncLoop: facts.loop ? resyncLoopJson(facts.loop) : null,
    answer,
    basis,
    text: [headline(facts, subject), ...because(facts, subject)].join(' '),
    subject,
    asked: position ? { ...position, requestOffset: requestOffset(position) } : null,
    forecast: forecast ?? null,
    isAsForecast: isAsForecast(facts) ?? null,
    verdict: verdict ?? null,
    notSent: notSent(facts) ?? null,
    guard: guard ? { name: guard.name, isCertain: guard.isCertain, text: describeGuard(guard), leaves: describeTraces(guard) } : null,
    conditions: checkedConditions(facts).map((condition) => ({ ...condition, holds: condition.holds ?? null })),
    advice: adviseOn(facts),
    writeRate: rate ? { ...rate, bytesPerSecond: bytesPerSecond(facts) } : null,
    // JSON has no Infinity: null with a measured rate of 0 means "as long as nothing is written".
    staysGoodSeconds: seconds !== undefined && Number.isFinite(seconds) ? seconds : null,
    expectation: expected ? { expected, isMet: answer === expected } : null,
  }
}
