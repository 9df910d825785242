/** How to see the writes that a replica discards when it rejoins, for people. */
import type { LostWrites } from '../../diagnosis/psync/lost.ts'
import { bytes } from '../../diagnosis/units.ts'
import { printable } from '../base/printable.ts'
import type { Screen } from '../base/screen.ts'

/** @param name of the server that would discard them */
export function lostText(name: string, lost: LostWrites, { paragraph }: Screen): string {
  if (lost.kind !== 'some') return ''
  const { replid, after, upTo } = lost
  const sentence = `If ${name} becomes a replica of this server, it discards its writes after offset ${after} (${bytes(upTo - after)}). To see them:`
  // A line to paste is never wrapped.
  return `${paragraph(printable(sentence), '  ')}\n    ${printable(`redis-repl tail ${name} --from ${replid}:${after}`)}\n`
}
