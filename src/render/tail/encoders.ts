/** Encodes the bytes of an argument for each format. Only encodeRaw lets control bytes through to a terminal. */
import { isUtf8 } from 'node:buffer'
import type { Command } from '../../protocol/stream/command.ts'
import type { Words } from '../../protocol/stream/words.ts'
import { atCharacter, type ByteWriter, betweenCharacters, type Encoder, LARGE_BYTES } from '../base/byte-writer.ts'
import { UNSAFE } from '../base/printable.ts'

/**
 * The escapes inside quotes. repr: as in redis-cli (sds.c, sdscatrepr), `\n`, `\"`, `\x00`. utf8: the same, but printable
 * characters beyond ASCII are shown as they are. csv: as repr, except that a quote is doubled (RFC 4180). json: ASCII only.
 */
type Style = Exclude<Quoting, 'utf8'> | 'json'

/** The styles of quotedArguments. */
export type Quoting = 'repr' | 'utf8' | 'csv'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const HEX = Buffer.from('0123456789abcdef')
/** The short escapes of C; every other unprintable byte is \xHH. */
const SHORT: Readonly<Record<number, number>> = { 7: 0x61, 8: 0x62, 9: 0x74, 10: 0x6e, 13: 0x72 }
/** A byte is beyond ASCII, which this style does not allow. */
const NOT_ASCII = -1

/** Controls, bidirectional and zero-width ones included, unassigned and private characters, and line separators. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/u

/** Printable ASCII except the quote and the backslash. */
const IS_PLAIN = Uint8Array.from({ length: 256 }, (_, byte) => Number(byte >= 0x20 && byte < 0x7f && byte !== QUOTE && byte !== BACKSLASH))

/** Whether all four bytes of a word are plain: any other byte sets the highest bit of a byte in one of these terms. */
function arePlain(word: number): boolean {
  const quotes = (word ^ 0x22222222) - 0x01010101
  const backslashes = (word ^ 0x5c5c5c5c) - 0x01010101
  return ((word | (word - 0x20202020) | (word + 0x01010101) | quotes | backslashes) & 0x80808080) === 0
}

/**
 * The hot loop of `tail`. The caller must have reserved room for the widest encoding.
 * @returns the end of the text in the writer, or NOT_ASCII in JSON
 */
function quote({ buffer, words: to }: ByteWriter, begin: number, from: Words, start: number, end: number, style: Style): number {
  const { bytes, words } = from
  const lastWord = end - 4
  let outEnd = begin
  for (let at = start; at < end; ) {
    for (; at <= lastWord && arePlain(words.getInt32(at, true)); at += 4) {
      to.setInt32(outEnd, words.getInt32(at, true), true)
      outEnd += 4
    }
    if (at === end) break
    const byte = bytes[at++] as number
    if (IS_PLAIN[byte] === 1) buffer[outEnd++] = byte
    else if (style !== 'json') outEnd = writeEscape(buffer, outEnd, byte, style)
    else if (byte < 0x80) outEnd = writeJsonEscape(buffer, outEnd, byte)
    else return NOT_ASCII
  }
  return outEnd
}

/** Copies printable characters beyond ASCII, and quotes the runs between them. Room as in `quote`. */
function quoteUtf8(out: ByteWriter, begin: number, from: Words, start: number, end: number): number {
  const { bytes } = from
  let outEnd = begin
  for (let at = start; at < end; ) {
    const width = printableWidth(bytes, at, end)
    let runEnd = at + Math.max(1, width)
    if (width > 0) outEnd += bytes.copy(out.buffer, outEnd, at, runEnd)
    else {
      while (runEnd < end && (bytes[runEnd] as number) < 0x80) runEnd += 1
      outEnd = quote(out, outEnd, from, at, runEnd, 'repr')
    }
    at = runEnd
  }
  return outEnd
}

/**
 * Arguments in quotes, with a separator before each. Room for a small command is reserved once, by its length on the wire. There
 * each argument has at least six bytes of framing, which is enough for quotes, the separator and the mark of a cut argument.
 * @param separator also before the first argument @param most how many bytes of an argument are shown
 */
export function quotedArguments(out: ByteWriter, command: Command, separator: number, style: Quoting, most: number): void {
  const { argc, frameStart, frameEnd } = command
  const isSmall = frameEnd - frameStart <= LARGE_BYTES
  const buffer = isSmall ? out.reserveWide(frameEnd - frameStart) : out.buffer
  for (let index = 0; index < argc; index++) {
    const start = command.argStart(index)
    const end = command.argEnd(index)
    const cutEnd = Math.min(end, start + most)
    if (!isSmall) {
      out.byte(separator)
      out.byte(QUOTE)
      out.encoded(ENCODERS[style], command, start, cutEnd, style === 'utf8' ? atCharacter : undefined)
      out.byte(QUOTE)
    } else {
      const { length } = out
      buffer[length] = separator
      buffer[length + 1] = QUOTE
      const outEnd = quoteAs(style, out, length + 2, command, start, cutEnd)
      buffer[outEnd] = QUOTE
      out.length = outEnd + 1
    }
    if (cutEnd < end) out.ascii(`...(${end - start} bytes)`)
  }
}

export const encodeRepr: Encoder = (out, from, start, end) => append(out, from, start, end, 'repr')

export const encodeUtf8: Encoder = (out, from, start, end) => append(out, from, start, end, 'utf8')

const encodeCsv: Encoder = (out, from, start, end) => append(out, from, start, end, 'csv')

const ENCODERS: Readonly<Record<Quoting, Encoder>> = { repr: encodeRepr, utf8: encodeUtf8, csv: encodeCsv }

function quoteAs(style: Quoting, out: ByteWriter, begin: number, from: Words, start: number, end: number): number {
  return style === 'utf8' ? quoteUtf8(out, begin, from, start, end) : quote(out, begin, from, start, end, style)
}

function append(out: ByteWriter, from: Words, start: number, end: number, style: Quoting): void {
  out.reserveWide(end - start)
  out.length = quoteAs(style, out, out.length, from, start, end)
}

/** @returns how many bytes the printable character beyond ASCII at `start` has; 0 if there is none */
function printableWidth(bytes: Buffer, start: number, end: number): number {
  const first = bytes[start] as number
  const width = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0
  if (width === 0 || start + width > end || !isUtf8(bytes.subarray(start, start + width))) return 0
  return INVISIBLE.test(bytes.toString('utf8', start, start + width)) ? 0 : width
}

function writeEscape(buffer: Buffer, to: number, byte: number, style: 'repr' | 'csv'): number {
  if (byte === QUOTE || byte === BACKSLASH) {
    buffer[to] = style === 'csv' ? byte : BACKSLASH
    buffer[to + 1] = byte
    return to + 2
  }
  buffer[to] = BACKSLASH
  const short = SHORT[byte]
  if (short !== undefined) {
    buffer[to + 1] = short
    return to + 2
  }
  buffer[to + 1] = 0x78
  return writeHex(buffer, to + 2, byte)
}

function writeHex(buffer: Buffer, to: number, byte: number): number {
  buffer[to] = HEX[byte >> 4] as number
  buffer[to + 1] = HEX[byte & 15] as number
  return to + 2
}

/** JSON values separated by commas: strings if the bytes are UTF-8, otherwise `{"base64":"…"}`. Room as in quotedArguments. */
export function jsonArguments(out: ByteWriter, command: Command): void {
  const { argc, frameStart, frameEnd } = command
  const isSmall = frameEnd - frameStart <= LARGE_BYTES
  if (isSmall) out.reserveWide(frameEnd - frameStart)
  for (let index = 0; index < argc; index++) {
    if (index > 0) out.byte(COMMA)
    const start = command.argStart(index)
    const end = command.argEnd(index)
    const isLarge = end - start > LARGE_BYTES
    if (!isSmall && !isLarge) out.reserveWide(end - start)
    if (isLarge || !appendAscii(out, command, start, end)) appendAny(out, command, start, end)
  }
}

/** Returns false and appends nothing if a byte is beyond ASCII. The caller must have reserved room for the widest encoding. */
function appendAscii(out: ByteWriter, from: Words, start: number, end: number): boolean {
  const { buffer } = out
  buffer[out.length] = QUOTE
  const outEnd = quote(out, out.length + 1, from, start, end, 'json')
  if (outEnd === NOT_ASCII) return false
  buffer[outEnd] = QUOTE
  out.length = outEnd + 1
  return true
}

function appendAny(out: ByteWriter, from: Words, start: number, end: number): void {
  const isText = isUtf8(from.bytes.subarray(start, end))
  out.ascii(isText ? '"' : '{"base64":"')
  if (isText) out.encoded(encodeJson, from, start, end, betweenCharacters)
  else out.encoded(encodeBase64, from, start, end)
  out.ascii(isText ? '"' : '"}')
}

function writeJsonEscape(buffer: Buffer, to: number, byte: number): number {
  buffer[to] = BACKSLASH
  if (byte === QUOTE || byte === BACKSLASH) {
    buffer[to + 1] = byte
    return to + 2
  }
  buffer[to + 1] = 0x75
  buffer[to + 2] = buffer[to + 3] = 0x30
  return writeHex(buffer, to + 4, byte)
}

/** The inside of a JSON string. Also escapes characters that move the cursor or hide text, which JSON allows. */
const encodeJson: Encoder = (out, { bytes }, start, end) => {
  const text = JSON.stringify(bytes.toString('utf8', start, end)).slice(1, -1)
  out.utf8(text.replace(UNSAFE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`))
}

/** Pieces are multiples of three bytes, so that they can be concatenated. */
const encodeBase64: Encoder = (out, { bytes }, start, end) => out.ascii(bytes.toString('base64', start, end))

export const encodeRaw: Encoder = (out, { bytes }, start, end) => out.copy(bytes.subarray(start, end))
