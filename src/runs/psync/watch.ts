/** Asks again and again by INFO alone, and for real whenever INFO promises another answer than before. */
import { answerOf, type PsyncFacts } from '../../diagnosis/psync/answer.ts'
import { expectReplError, type ReplError } from '../../errors.ts'
import { sleep } from '../../io/clock.ts'

export interface WatchedPsync {
  /** Prints nothing. */
  look(): Promise<PsyncFacts>
  /** Prints the whole answer. */
  answer(isFirst: boolean): Promise<{ facts: PsyncFacts; isOver: boolean }>
  /** What keeps the server from being asked. */
  fail(failure: ReplError): Promise<void>
}

/** Ends with the signal, or when an answer ends it. @throws ReplError of the first question, which is a mistake rather than a change. */
export async function watchPsync(watched: WatchedPsync, everyMs: number, signal: AbortSignal): Promise<void> {
  let { facts, isOver } = await watched.answer(true)
  let known = answerKey(facts)
  while (!isOver) {
    let promised: string | undefined
    try {
      await sleep(everyMs, signal)
      promised = answerKey(await watched.look())
      if (promised === known) continue
      ;({ facts, isOver } = await watched.answer(false))
      known = answerKey(facts)
    } catch (error) {
      const failure = passing(error)
      if (failure.code === 'ABORTED') return
      if (failure.code !== known) await watched.fail(failure)
      // Where only asking for real fails, INFO has to promise another answer before it is tried again.
      known = promised ?? failure.code
    }
  }
}

/** A failure that may be over at the next question. @throws any other */
function passing(error: unknown): ReplError {
  const failure = expectReplError(error)
  if (failure.code === 'EXPECTATION_FAILED' || failure.code === 'INTERNAL') throw failure
  return failure
}

/** What makes an answer another one: not the bytes, which change with every write. */
function answerKey(facts: PsyncFacts): string {
  const { forecast } = facts
  const reason = forecast && forecast.kind !== 'continue' ? forecast.reason : facts.history?.replid
  return `${forecast?.kind ?? answerOf(facts).answer} ${reason ?? ''}`
}
