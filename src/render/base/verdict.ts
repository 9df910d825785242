/** The first line of every answer: a mark that survives NO_COLOR, and one sentence. */
import { printable } from './printable.ts'
import type { Screen } from './screen.ts'

/** Green only for what is verified and good. */
export type Tone = 'good' | 'warn' | 'bad'

/** @param mark one or two words in capitals, such as PARTIAL */
export function verdictText({ colour, paragraph }: Screen, mark: string, tone: Tone, sentence: string): string {
  return `${paragraph(printable(sentence), `${colour[tone](`${mark}:`)} `)}\n`
}
