/** Colour by our own rule, one palette per stream: chalk checks neither NO_COLOR nor the stream that it writes to. */
import { Chalk, type ChalkInstance } from 'chalk'

/** Colour never carries information that the text lacks. */
export interface Palette {
  readonly good: ChalkInstance
  readonly warn: ChalkInstance
  readonly bad: ChalkInstance
  readonly dim: ChalkInstance
  readonly strong: ChalkInstance
}

/** FORCE_COLOR takes precedence, then NO_COLOR, then whether the stream is a terminal (force-color.org, no-color.org). */
export function wantsColour(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): boolean {
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '') return env.FORCE_COLOR !== '0'
  if (env.NO_COLOR) return false
  return stream.isTTY === true && env.TERM !== 'dumb'
}

export function palette(stream: { readonly isTTY?: boolean }): Palette {
  const chalk = new Chalk({ level: wantsColour(stream) ? 1 : 0 })
  return { good: chalk.green, warn: chalk.yellow, bad: chalk.red, dim: chalk.dim, strong: chalk.bold }
}
