/** The entry point of bin/run.js: oclif's `execute` from the same bundle as the commands. */
import { execute as executeOclif } from '@oclif/core'

type Options = NonNullable<Parameters<typeof executeOclif>[0]>

export async function execute(options: Options): Promise<unknown> {
  return await executeOclif({ ...options, args: withHelpFlag(process.argv.slice(2)) })
}

/** `-h` is redis-cli's flag for the host. First, last or before another flag it has no value, so it means help. */
export function withHelpFlag(words: readonly string[]): string[] {
  const end = words.includes('--') ? words.indexOf('--') : words.length
  return words.map((word, index) => {
    const next = words[index + 1]
    const hasValue = index > 0 && next !== undefined && !next.startsWith('-')
    return word === '-h' && index < end && !hasValue ? '--help' : word
  })
}
