/**
 * Finds the first command in bytes that may begin inside a command: the backlog is a ring that cuts commands, and an offset
 * from another source can be anywhere.
 *
 * A value may hold a candidate every few bytes, each with thousands of arguments that other candidates share. Two rules keep the
 * search linear. It goes from the end to the beginning, so that each candidate is one command that must end where another one
 * begins. And a run of arguments can only end at the first byte that begins no argument, whichever candidate it is read for. So
 * the length of a run is remembered.
 */
import { afterEmptyLines } from '../wire/newlines.ts'

const CR = 0x0d
const LF = 0x0a
const STAR = 0x2a
const DOLLAR = 0x24
/** As in scanner.ts: no server accepts a larger command. */
const MAX_BYTES = 2 ** 31 - 1
const SMALLEST_ARG_BYTES = 6
const MAX_DIGITS = 10
/** Runs up to this length are read again instead of remembered, and longer ones are remembered at every such step. */
const STEP = 16

/** Results of reading a header. */
const MALFORMED = -1
const CUT = -2

/** Whole arguments in a row. */
interface Run {
  readonly count: number
  /** The position after them. */
  readonly end: number
  /** Whether the bytes end within the next argument. */
  readonly isCut: boolean
}

/**
 * @param boundary where a command is known to end; without one, a start counts if everything up to the end of the bytes parses
 * @returns the first index from which everything parses; if there is none, the boundary or the length of the bytes
 */
export function findStart(bytes: Buffer, boundary?: number): number {
  return new StartSearch(bytes, boundary).run()
}

export class StartSearch {
  readonly #bytes: Buffer
  readonly #hasBoundary: boolean
  /** A bit for each position from which everything parses. */
  readonly #good: Uint8Array
  /** The same for commands that the end of the bytes cuts. Without a boundary they may follow a whole command. */
  readonly #open: Uint8Array
  readonly #runs = new Map<number, Run>()
  /** The position after the last header. */
  #next = 0
  /** How many headers were read: what the search costs. */
  headersRead = 0

  constructor(bytes: Buffer, boundary?: number) {
    this.#bytes = bytes.subarray(0, boundary)
    this.#hasBoundary = boundary !== undefined
    const bits = (this.#bytes.length >> 3) + 1
    this.#good = new Uint8Array(bits)
    this.#open = new Uint8Array(this.#hasBoundary ? 0 : bits)
  }

  /** @see findStart */
  run(): number {
    const bytes = this.#bytes
    let first = bytes.length
    for (let at = bytes.length - 1; at >= 0; at--) {
      // A CR before the line feed may precede the first byte.
      if (bytes[at] === STAR && (at === 0 || bytes[at - 1] === LF) && this.#isGood(at)) first = at
    }
    return first
  }

  #isGood(start: number): boolean {
    const argc = this.#header(start, STAR)
    if (argc === CUT) setBit(this.#open, start)
    if (argc <= 0 || argc * SMALLEST_ARG_BYTES > MAX_BYTES) return false
    const { count, end, isCut } = argc > STEP ? this.#rememberedRun(this.#next) : this.#shortRun(this.#next, argc + 1)
    if (count < argc && isCut) setBit(this.#open, start)
    if (count !== argc || !this.#mayFollow(end)) return false
    setBit(this.#good, start)
    return true
  }

  /** Whether everything after the end of a command parses. */
  #mayFollow(end: number): boolean {
    // Longer runs of newlines are data. Without a limit, every candidate before them would read them again.
    const window = this.#bytes.subarray(end, end + STEP)
    const next = end + afterEmptyLines(window, 0)
    return next === this.#bytes.length || hasBit(this.#good, next) || (!this.#hasBoundary && hasBit(this.#open, next))
  }

  /** @param limit one more argument than a command wants proves that it does not end here */
  #shortRun(start: number, limit: number): Run {
    let at = start
    for (let count = 0; count < limit; count++) {
      const end = this.#argEnd(at)
      if (end < 0) return { count, end: at, isCut: end === CUT }
      at = end
    }
    return { count: limit, end: at, isCut: false }
  }

  #rememberedRun(start: number): Run {
    const steps: number[] = []
    let count = 0
    let at = start
    for (let end = start; end >= 0; count++) {
      at = end
      const known = this.#runs.get(at)
      if (known) return this.#remember(steps, { ...known, count: known.count + count })
      if (count > 0 && count % STEP === 0) steps.push(at)
      end = this.#argEnd(at)
      if (end < 0) return this.#remember(steps, { count, end: at, isCut: end === CUT })
    }
    throw new TypeError('a run without an end')
  }

  /** @param steps positions in the run, STEP arguments apart */
  #remember(steps: readonly number[], run: Run): Run {
    for (const [index, at] of steps.entries()) this.#runs.set(at, { ...run, count: run.count - (index + 1) * STEP })
    return run
  }

  /** @returns where the argument ends, MALFORMED or CUT */
  #argEnd(start: number): number {
    const bytes = this.#bytes
    const length = this.#header(start, DOLLAR)
    if (length < 0) return length
    const end = this.#next + length + 2
    if (end > MAX_BYTES) return MALFORMED
    if (end > bytes.length) return CUT
    return bytes[end - 2] === CR && bytes[end - 1] === LF ? end : MALFORMED
  }

  /** @returns the number in a `*` or `$` line, MALFORMED or CUT; #next becomes the end of the line */
  #header(start: number, sign: number): number {
    this.headersRead += 1
    const bytes = this.#bytes
    if (start >= bytes.length) return CUT
    if (bytes[start] !== sign) return MALFORMED
    let value = 0
    let at = start + 1
    for (; at < bytes.length && bytes[at] !== CR; at++) {
      const digit = (bytes[at] as number) - 0x30
      if (digit < 0 || digit > 9 || at - start > MAX_DIGITS) return MALFORMED
      value = value * 10 + digit
    }
    if (at + 1 >= bytes.length) return CUT
    if (at === start + 1 || bytes[at + 1] !== LF) return MALFORMED
    this.#next = at + 2
    return value
  }
}

function setBit(bits: Uint8Array, at: number): void {
  const index = at >> 3
  bits[index] = (bits[index] ?? 0) | (1 << (at & 7))
}

function hasBit(bits: Uint8Array, at: number): boolean {
  return ((bits[at >> 3] ?? 0) & (1 << (at & 7))) !== 0
}
