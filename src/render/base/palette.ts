/** Colour by our own rule, one palette per stream: chalk asks neither NO_COLOR nor the stream it is used for. */
import { Chalk, type ChalkInstance } from 'chalk'

/** Colour never carries a meaning that the text does not. */
export interface Palette {
  readonly good: ChalkInstance
  readonly warn: ChalkInstance
  readonly bad: ChalkInstance
  readonly dim: ChalkInstance
  readonly strong: ChalkInstance
}

/** no-color.org and force-color.org: a set FORCE_COLOR wins, then NO_COLOR, then whether it is a terminal. */
export function wantsColour(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): boolean {
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '') return env.FORCE_COLOR !== '0'
  if (env.NO_COLOR) return false
  return stream.isTTY === true && env.TERM !== 'dumb'
}

export function palette(stream: { readonly isTTY?: boolean }): Palette {
  const chalk = new Chalk({ level: wantsColour(stream) ? 1 : 0 })
  return { good: chalk.green, warn: chalk.yellow, bad: chalk.red, dim: chalk.dim, strong: chalk.bold }
}
