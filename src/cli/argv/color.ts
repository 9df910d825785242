/** --color, also where the command line cannot be parsed. */
import type { ColorChoice } from '../../render/base/screen.ts'

export const COLORS: readonly ColorChoice[] = ['auto', 'always', 'never']

/** The last --color of the command line; `auto` without one that is known. */
export function colorOf(argv: readonly string[]): ColorChoice {
  const values = argv.flatMap((word, index) =>
    word === '--color' ? [argv[index + 1]] : word.startsWith('--color=') ? [word.slice(8)] : [],
  )
  return COLORS.find((color) => color === values.at(-1)) ?? 'auto'
}
