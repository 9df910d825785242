/** A resync loop for people: the verdict first, then its cause and the setting that ends it. */
import type { ResyncLoop } from '../../diagnosis/resync/loop.ts'
import { loopCause, loopHeadline, loopRemedy } from '../../diagnosis/resync/loop-words.ts'
import { printable } from './printable.ts'
import type { Screen } from './screen.ts'

/** Empty without a loop. @param isQuiet only the verdict and the command */
export function loopsText(loops: readonly ResyncLoop[], screen: Screen, isQuiet: boolean): string {
  return loops.map((loop) => loopText(loop, screen, isQuiet)).join('')
}

function loopText(loop: ResyncLoop, screen: Screen, isQuiet: boolean): string {
  const remedy = loopRemedy(loop)
  const sentences = isQuiet ? [] : [...loopCause(loop), ...(remedy ? [`${remedy.text} To end it:`] : [])]
  const lines = sentences.map((sentence) => `${screen.paragraph(printable(sentence), '  ')}\n`)
  const command = remedy ? `    ${screen.colour.strong(remedy.command)}\n` : ''
  return `${screen.colour.bad(screen.paragraph(printable(loopHeadline(loop))))}\n${lines.join('')}${command}\n`
}
