/** The colour of the answer of a handshake. */
import { markOf, type StopReason } from '../../diagnosis/psync/verdict.ts'
import type { Verdict } from '../../handshake/machine.ts'
import type { Tone } from '../base/verdict.ts'

/** Green only if PSYNC was granted: the right to PSYNC alone proves less. */
export function toneOf(verdict: Verdict, stopped: StopReason | undefined): Tone {
  const mark = markOf(verdict, stopped)
  if (mark === 'no') return 'bad'
  return mark === 'ok' && verdict.kind !== 'permitted' && stopped === undefined ? 'good' : 'warn'
}
