/** A resync loop for people: the verdict first, then its cause and the setting that ends it. */
import type { ResyncLoop } from '../../diagnosis/resync/loop.ts'
import { loopCause, loopHeadline, loopRemedy } from '../../diagnosis/resync/loop-words.ts'
import { printable } from './printable.ts'
import { remedyText } from './remedy.ts'
import type { Screen } from './screen.ts'
import { verdictText } from './verdict.ts'

/** Empty without a loop. @param isQuiet only the verdict and the remedy */
export function loopsText(loops: readonly ResyncLoop[], screen: Screen, isQuiet: boolean): string {
  return loops.map((loop) => `${verdictText(screen, 'LOOP', 'bad', loopHeadline(loop))}${loopDetails(loop, screen, isQuiet)}\n`).join('')
}

/** What stands below the verdict. */
export function loopDetails(loop: ResyncLoop, screen: Screen, isQuiet = false): string {
  const found = loopRemedy(loop)
  const sentences = isQuiet ? [] : [...loopCause(loop), ...(found ? [found.text] : [])]
  const lines = sentences.map((sentence) => `${screen.paragraph(printable(sentence), '  ')}\n`)
  return `${lines.join('')}${found ? remedyText(found.remedy, screen) : ''}`
}
