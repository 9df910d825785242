/** The answer of `psync` for programs (docs/schemas/psync-1.json). */
import { adviseOn, bytesPerSecond, secondsToLive } from '../../diagnosis/psync/advice.ts'
import { answerOf, because, headline, isAsForecast, notSent, type PsyncFacts, type Subject } from '../../diagnosis/psync/answer.ts'
import { checkedConditions } from '../../diagnosis/psync/conditions.ts'
import { requestOffset } from '../../diagnosis/psync/forecast.ts'
import { describeGuard, describeTraces } from '../../diagnosis/psync/verdict.ts'

export function psyncAnswer(facts: PsyncFacts, subject: Subject, expected: string | undefined): Record<string, unknown> {
  const { position, forecast, verdict, guard, rate } = facts
  const { answer, basis } = answerOf(facts)
  const seconds = secondsToLive(facts)
  return {
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
    // JSON has no Infinity: null with a measured rate of 0 is "as long as nothing is written".
    staysGoodSeconds: seconds !== undefined && Number.isFinite(seconds) ? seconds : null,
    expectation: expected ? { expected, isMet: answer === expected } : null,
  }
}
