import { exact } from '../../diagnosis/units.ts'
import type { GapEvent } from '../../engine/follow/events.ts'
import type { Position } from '../../protocol/history.ts'

/** One sentence, in ASCII. */
export function gapSentence({ reason, from, to }: GapEvent): string {
  if (reason === 'DIVERGED') {
    return `the history continues after offset ${to.offset} as ${to.replid}; the commands shown after that offset, up to ${from.offset}, are not part of it`
  }
  const isSameHistory = from.replid === to.replid && to.offset >= from.offset
  const size = isSameHistory ? `${exact(to.offset - from.offset)} bytes` : 'an unknown number of bytes'
  return `${size} are missing between offset ${from.offset} of ${from.replid} and offset ${to.offset} of ${to.replid}`
}

/** The facts of a gap, for programs. */
export function gapJson({ reason, from, to }: GapEvent) {
  const end = ({ replid, offset }: Position) => ({ replid, offset })
  return { reason, from: end(from), to: end(to) }
}
