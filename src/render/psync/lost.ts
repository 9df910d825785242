/** The writes that a replica loses when it rejoins, for people. */
import type { LostWrites } from '../../diagnosis/psync/lost.ts'
import { bytes } from '../../diagnosis/units.ts'
import { printable } from '../base/printable.ts'
import type { Screen } from '../base/screen.ts'

/** @param command to see them, never wrapped since it is pasted */
export function lostText(
  name: string,
  { after, upTo }: Extract<LostWrites, { kind: 'some' }>,
  command: string,
  { paragraph }: Screen,
): string {
  const sentence = `If ${name} becomes a replica of this server, it discards its writes after offset ${after} (${bytes(upTo - after)}). To see them:`
  return `\n${paragraph(printable(sentence), '- ')}\n    ${printable(command)}\n`
}
