/** The colour of the answer of a handshake. */
import { markOf } from '../../diagnosis/psync/verdict.ts'
import type { Tone } from '../base/verdict.ts'

const TONES: Record<ReturnType<typeof markOf>, Tone> = { ok: 'good', unknown: 'warn', later: 'warn', no: 'bad' }

/** Green only for an answer to PSYNC: a permission, or the absence of a refusal, is less. */
export function handshakeTone(...[verdict, stopped]: Parameters<typeof markOf>): Tone {
  const mark = markOf(verdict, stopped)
  const isAnswered = verdict.kind === 'continue' || verdict.kind === 'full'
  return mark === 'ok' && !isAnswered ? 'warn' : TONES[mark]
}
