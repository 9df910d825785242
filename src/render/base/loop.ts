/** A resync loop for people: the verdict first, then its cause and the setting that ends it. */
import type { ResyncLoop } from '../../diagnosis/resync/loop.ts'
import { loopCause, loopHeadline, loopRemedy } from '../../diagnosis/resync/loop-words.ts'
import type { Palette } from './palette.ts'
import { printable } from './printable.ts'
import { wrap } from './wrap.ts'

/** Empty without a loop. @param isQuiet only the verdict and the command */
export function loopsText(loops: readonly ResyncLoop[], colour: Palette, isQuiet: boolean): string {
  return loops.map((loop) => loopText(loop, colour, isQuiet)).join('')
}

function loopText(loop: ResyncLoop, colour: Palette, isQuiet: boolean): string {
  const remedy = loopRemedy(loop)
  const sentences = isQuiet ? [] : [...loopCause(loop), ...(remedy ? [`${remedy.text} To end it:`] : [])]
  const lines = sentences.map((sentence) => `  ${wrap(printable(sentence), '  ', 78)}\n`)
  const command = remedy ? `    ${colour.strong(remedy.command)}\n` : ''
  return `${colour.bad(wrap(printable(loopHeadline(loop)), '  '))}\n${lines.join('')}${command}\n`
}
