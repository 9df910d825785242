/** Key patterns by the rules of KEYS and SCAN (util.c, stringmatchlen), matched against bytes. */

const STAR = 0x2a
const QUESTION = 0x3f
const OPEN = 0x5b
const CLOSE = 0x5d
const CARET = 0x5e
const DASH = 0x2d
const BACKSLASH = 0x5c

/** A test for one byte, or `*`, which matches any number of bytes. */
type Token = 'any number' | ((byte: number) => boolean)

/** Returns a test for bytes[start, end). Backtracks only to the last star, so no pattern takes exponential time. */
export function compileGlob(pattern: string): (bytes: Buffer, start: number, end: number) => boolean {
  const tokens = tokenize(Buffer.from(pattern))
  return (bytes, start, end) => matches(tokens, bytes, start, end)
}

function matches(tokens: readonly Token[], bytes: Buffer, start: number, end: number): boolean {
  let token = 0
  let at = start
  let starToken = -1
  let starAt = 0
  while (at < end) {
    const test = tokens[token]
    if (test === 'any number') {
      starToken = token++
      starAt = at
    } else if (test?.(bytes[at] as number)) {
      token += 1
      at += 1
    } else {
      if (starToken < 0) return false
      token = starToken + 1
      at = ++starAt
    }
  }
  while (tokens[token] === 'any number') token += 1
  return token === tokens.length
}

function tokenize(pattern: Buffer): Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < pattern.length; ) {
    const byte = pattern[at] as number
    if (byte === OPEN) {
      const { accepts, next } = byteClass(pattern, at + 1)
      tokens.push(accepts)
      at = next
    } else if (byte === BACKSLASH && at + 1 < pattern.length) {
      tokens.push(only(pattern[at + 1] as number))
      at += 2
    } else {
      tokens.push(byte === STAR ? 'any number' : byte === QUESTION ? () => true : only(byte))
      at += 1
    }
  }
  return tokens
}

function only(wanted: number): (byte: number) => boolean {
  return (byte) => byte === wanted
}

/** Parses a class after its `[`. Without a `]` it extends to the end of the pattern; the ends of a range may be swapped. */
function byteClass(pattern: Buffer, start: number): { accepts: (byte: number) => boolean; next: number } {
  const isNegated = pattern[start] === CARET
  const members = new Uint8Array(256)
  let at = isNegated ? start + 1 : start
  while (at < pattern.length && pattern[at] !== CLOSE) {
    const isEscape = pattern[at] === BACKSLASH && at + 1 < pattern.length
    if (isEscape) at += 1
    const first = pattern[at] as number
    // An escaped byte cannot begin a range.
    const isRange = !isEscape && pattern[at + 1] === DASH && at + 2 < pattern.length
    const last = isRange ? (pattern[at + 2] as number) : first
    members.fill(1, Math.min(first, last), Math.max(first, last) + 1)
    at += isRange ? 3 : 1
  }
  return { accepts: (byte) => (members[byte] === 1) !== isNegated, next: at + 1 }
}
