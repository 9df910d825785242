/** What a gap means, in one sentence of ASCII. */
import { exact } from '../../diagnosis/units.ts'
import type { GapMark } from '../../engine/follow/follow-events.ts'

export function gapSentence({ reason, from, to }: GapMark): string {
  if (reason === 'DIVERGED') {
    return `the history goes on from offset ${to.offset} as ${to.replid}; what was shown behind it, up to ${from.offset}, is no part of it`
  }
  const isSameHistory = from.replid === to.replid && to.offset >= from.offset
  const size = isSameHistory ? `${exact(to.offset - from.offset)} bytes` : 'an unknown number of bytes'
  return `${size} are missing between offset ${from.offset} of ${from.replid} and offset ${to.offset} of ${to.replid}`
}
