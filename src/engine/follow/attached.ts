/** Where the stream of a link begins, from the visit and the request. */
import { ReplError } from '../../errors.ts'
import type { Verdict } from '../../handshake/machine.ts'
import { now } from '../../io/clock.ts'
import type { Position } from '../../protocol/history.ts'
import type { Visit } from '../visit.ts'
import type { AttachedEvent } from './events.ts'
import type { Start, StreamRequest } from './start.ts'

/** @param position the last byte before the stream */
export function attachedEvent(visit: Visit, request: StreamRequest | undefined, start: Start, position: Position): AttachedEvent {
  const { offset } = position
  const { verdict, forecast, stored } = visit.seen
  // After a full resync the stream begins where the snapshot ends, whatever we requested.
  const { showAfter = offset, mayStartInsideCommand = false } = (verdict?.verdict.kind === 'continue' && request) || {}
  const live = forecast?.history.offset ?? offset
  const { db, transaction }: Partial<Position> = start.kind === 'resume' ? start.position : {}
  return {
    type: 'attached',
    ...serverStamp(visit),
    position: { ...position, db, transaction },
    showAfter,
    ...(stored?.path !== undefined && { stored }),
    ...(mayStartInsideCommand && live > offset && { boundary: live }),
  }
}

export function serverStamp(visit: Visit): { readonly at: number; readonly server: string } {
  return { at: now(), server: visit.seen.connected?.remote ?? '' }
}

/** @throws ReplError PROTOCOL when the server granted no position */
export function positionOf(verdict: Verdict | undefined): Position {
  if (verdict?.kind === 'continue' || verdict?.kind === 'full') return { replid: verdict.replid, offset: verdict.offset }
  throw new ReplError('PSYNC_VERDICT', { verdict: verdict?.kind ?? '' })
}
