/** The colour of each answer of a handshake. */
import type { markOf } from '../../diagnosis/psync/verdict.ts'
import type { Tone } from '../base/verdict.ts'

export const HANDSHAKE_TONES: Record<ReturnType<typeof markOf>, Tone> = { ok: 'good', unknown: 'warn', later: 'warn', no: 'bad' }
