/** Predicts from INFO at an interval. Sends PSYNC only when the prediction changes. */
import { answerOf, type PsyncFacts } from '../../diagnosis/psync/answer.ts'
import { expectReplError, type ReplError } from '../../errors.ts'
import { now, sleep } from '../../io/clock.ts'
import type { Watch } from './plan.ts'

export interface WatchedPsync {
  /** Predicts from INFO and prints nothing. */
  look(): Promise<PsyncFacts>
  /** Sends PSYNC, if permitted, and prints the whole answer. */
  answer(isFirst: boolean): Promise<{ facts: PsyncFacts; isOver: boolean }>
  /** Reports a failure, after which the watch continues. */
  fail(failure: ReplError): Promise<void>
}

/**
 * Ends with the signal, a limit of the watch or an unexpected answer.
 * @throws ReplError of the first question: a mistake rather than a change
 */
export async function watchPsync(watched: WatchedPsync, { everyMs, count, durationMs }: Watch, signal: AbortSignal): Promise<void> {
  const endsAt = now() + durationMs
  let { facts, isOver } = await watched.answer(true)
  let lastKey = answerKey(facts)
  for (let questions = 1; !isOver && questions < count && now() + everyMs <= endsAt; questions++) {
    let predictedKey: string | undefined
    try {
      await sleep(everyMs, signal)
      predictedKey = answerKey(await watched.look())
      if (predictedKey === lastKey) continue
      ;({ facts, isOver } = await watched.answer(false))
      lastKey = answerKey(facts)
    } catch (error) {
      const failure = expectTransient(error)
      if (failure.code === 'ABORTED') return
      if (failure.code !== lastKey) await watched.fail(failure)
      // If only PSYNC failed, it is not sent again until the prediction from INFO changes.
      lastKey = predictedKey ?? failure.code
    }
  }
}

/** Returns a failure that may be over at the next question. @throws any other */
function expectTransient(error: unknown): ReplError {
  const failure = expectReplError(error)
  if (failure.code === 'EXPECTATION_FAILED' || failure.code === 'INTERNAL') throw failure
  return failure
}

/** The parts of an answer whose change matters. Offsets are not among them: they change with every write. */
function answerKey(facts: PsyncFacts): string {
  const { forecast } = facts
  const reason = forecast && forecast.kind !== 'continue' ? forecast.reason : facts.history?.replid
  return `${facts.loop ? 'loop ' : ''}${forecast?.kind ?? answerOf(facts).answer} ${reason ?? ''}`
}
