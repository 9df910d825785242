/** What a stream can show: its width, its colours and its characters. Every text renderer writes for one screen. */
import { type Palette, palette } from './palette.ts'
import { inAscii } from './printable.ts'
import { wrapped } from './wrap.ts'

/** The value of --color. */
export type ColorChoice = 'auto' | 'always' | 'never'

/** For output that is not a terminal, and for terminals of unknown width. */
const DEFAULT_WIDTH = 80
/** Prose on longer lines is hard to read. */
const MAX_PROSE_WIDTH = 120
const MIN_WIDTH = 40
const INDENT = '  '

interface Stream {
  readonly isTTY?: boolean
  readonly columns?: number
}

export interface Screen {
  readonly isTerminal: boolean
  readonly colour: Palette
  /** Whether the locale can show characters beyond ASCII. */
  readonly isUnicode: boolean
  /** The width of the terminal in columns, as it is now; 80 elsewhere. */
  readonly width: number
  /**
   * Breaks a text between words at the width of the screen, by display width.
   * @param first begins the first line, for example a mark
   * @param rest begins all others
   */
  paragraph(text: string, first?: string, rest?: string): string
  /** The same for bytes and lists, which are broken anywhere. */
  verbatim(text: string, first?: string, rest?: string): string
}

/** @param color the value of --color, which overrides the environment */
export function screenOf(stream: Stream, color: ColorChoice, env: NodeJS.ProcessEnv = process.env): Screen {
  const isUnicode = speaksUtf8(env)
  return {
    isTerminal: stream.isTTY === true,
    colour: palette(color === 'auto' ? wantsColour(stream, env) : color === 'always'),
    isUnicode,
    get width() {
      return widthOf(stream)
    },
    paragraph: (text, first = '', rest = INDENT) => {
      const shown = isUnicode ? text : inAscii(text)
      return wrapped(shown, first, rest, Math.min(widthOf(stream), MAX_PROSE_WIDTH))
    },
    verbatim: (text, first = '', rest = INDENT) => wrapped(text, first, rest, widthOf(stream), { hard: true }),
  }
}

function widthOf({ isTTY, columns }: Stream): number {
  return Math.max(MIN_WIDTH, (isTTY && columns) || DEFAULT_WIDTH)
}

/** FORCE_COLOR takes precedence, then NO_COLOR, then whether the stream is a terminal (force-color.org, no-color.org). */
function wantsColour(stream: Stream, env: NodeJS.ProcessEnv): boolean {
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '') return env.FORCE_COLOR !== '0'
  if (env.NO_COLOR) return false
  return stream.isTTY === true && env.TERM !== 'dumb'
}

/** The first of these variables that is set decides (POSIX, Environment Variables, 8.2). Without any, the locale is "C". */
function speaksUtf8({ LC_ALL, LC_CTYPE, LANG }: NodeJS.ProcessEnv): boolean {
  return /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '')
}
