/** The colour of an answer. */
import { type Answer, answerOf, type PsyncFacts } from '../../diagnosis/psync/answer.ts'
import type { Tone } from '../base/verdict.ts'

const TONES: Record<Answer, Tone> = { partial: 'good', full: 'bad', later: 'warn', 'no-link': 'bad', unknown: 'warn' }

/** Green only if PSYNC itself granted it: a prediction proves less. */
export function toneOf(facts: PsyncFacts): Tone {
  const { answer, basis } = answerOf(facts)
  return answer === 'partial' && basis === 'info' ? 'warn' : TONES[answer]
}
