/** What a run claims: its words in green, and status 0. */
import { cli, type Ran, type RunOptions } from './run.ts'

export interface Claims extends Ran {
  /** The green words of stdout and stderr, without the lines of the handshake's trace. */
  readonly green: readonly string[]
}

/** Runs the command as on a terminal with colours. */
export async function claimsOf(args: readonly string[], options: RunOptions = {}): Promise<Claims> {
  const ran = await cli(args, { ...options, env: { ...options.env, FORCE_COLOR: '1' } })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the codes of the colour
  const words = [...(ran.out + ran.err).matchAll(/\u001b\[32m(.*?)\u001b\[39m/gs)].map(([, word = '']) => word.replace(/\s+/g, ' ').trim())
  // A verdict ends with a colon.
  return { ...ran, green: words.map((word) => word.replace(/:$/, '')) }
}
