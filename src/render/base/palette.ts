/** The colours of the output. Colour never carries information that the text lacks. */
import { Chalk, type ChalkInstance } from 'chalk'

export interface Palette {
  /** Verified and good. Nothing else is green. */
  readonly good: ChalkInstance
  readonly warn: ChalkInstance
  readonly bad: ChalkInstance
  /** Grey is readable on white and on black. The faint attribute is not, in some terminals. */
  readonly dim: ChalkInstance
  readonly strong: ChalkInstance
}

export function palette(isColoured: boolean): Palette {
  const chalk = new Chalk({ level: isColoured ? 1 : 0 })
  return { good: chalk.green, warn: chalk.yellow, bad: chalk.red, dim: chalk.gray, strong: chalk.bold }
}
