/** How the bytes of an argument are written in each format. None lets a control byte through to a terminal. */
import { isUtf8 } from 'node:buffer'
import type { Command } from '../../protocol/command.ts'
import { type ByteWriter, betweenCharacters, type Encoder, LARGE_BYTES } from '../byte-writer.ts'
import { UNSAFE } from '../printable.ts'

/** What a quote is escaped by: in redis-cli's manner, and in that of CSV. */
export const QUOTE = 0x22
export const BACKSLASH = 0x5c
const HEX = Buffer.from('0123456789abcdef')
/** As C knows them; everything else that cannot be printed is \xHH. */
const SHORT: Readonly<Record<number, number>> = { 7: 0x61, 8: 0x62, 9: 0x74, 10: 0x6e, 13: 0x72 }

/** Printable ASCII but for the quote and the backslash. */
const IS_PLAIN = Uint8Array.from({ length: 256 }, (_, byte) => Number(byte >= 0x20 && byte < 0x7f && byte !== QUOTE && byte !== BACKSLASH))

/**
 * Arguments with their quotes and a separator before each, the small ones at once: this is where a stream spends its time.
 * @param separator in front of the first too
 */
export function quotedArguments(out: ByteWriter, command: Command, separator: number, quotedBy: number, most: number): void {
  const { bytes, argc, frameStart, frameEnd } = command
  const isSmall = frameEnd - frameStart <= LARGE_BYTES
  const buffer = isSmall ? out.reserveWide(frameEnd - frameStart + argc * 4) : out.buffer
  for (let index = 0; index < argc; index++) {
    const start = command.argStart(index)
    const end = command.argEnd(index)
    const shown = Math.min(end, start + most)
    if (!isSmall) {
      out.byte(separator)
      out.byte(QUOTE)
      out.encoded(quotedBy === QUOTE ? encodeCsv : encodeRepr, bytes, start, shown)
      out.byte(QUOTE)
    } else {
      let to = out.length
      buffer[to] = separator
      buffer[to + 1] = QUOTE
      to = repr(buffer, to + 2, bytes, start, shown, quotedBy)
      buffer[to] = QUOTE
      out.length = to + 1
    }
    if (shown < end) out.ascii(`...(${end - start} bytes)`)
  }
}

/** The inside of redis-cli's quotes (sds.c, sdscatrepr): `\n`, `\"`, `\x00`. */
export const encodeRepr: Encoder = (out, bytes, start, end) => append(out, bytes, start, end, BACKSLASH)

/** The same for a CSV field, in which a quote is doubled (RFC 4180). */
const encodeCsv: Encoder = (out, bytes, start, end) => append(out, bytes, start, end, QUOTE)

function append(out: ByteWriter, bytes: Buffer, start: number, end: number, quotedBy: number): void {
  out.length = repr(out.reserveWide(end - start), out.length, bytes, start, end, quotedBy)
}

function repr(buffer: Buffer, from: number, bytes: Buffer, start: number, end: number, quotedBy: number): number {
  let to = from
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number
    if (IS_PLAIN[byte] === 1) buffer[to++] = byte
    else to = escaped(buffer, to, byte, quotedBy)
  }
  return to
}

function escaped(buffer: Buffer, to: number, byte: number, quotedBy: number): number {
  if (byte === QUOTE || byte === BACKSLASH) {
    buffer[to] = byte === QUOTE ? quotedBy : BACKSLASH
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
  return hex(buffer, to + 2, byte)
}

function hex(buffer: Buffer, to: number, byte: number): number {
  buffer[to] = HEX[byte >> 4] as number
  buffer[to + 1] = HEX[byte & 15] as number
  return to + 2
}

/** A JSON value: a string where the bytes are UTF-8, else `{"base64":"…"}`. */
export function jsonValue(out: ByteWriter, bytes: Buffer, start: number, end: number): void {
  if (end - start <= LARGE_BYTES && asciiString(out, bytes, start, end)) return
  const isText = isUtf8(bytes.subarray(start, end))
  out.ascii(isText ? '"' : '{"base64":"')
  if (isText) out.encoded(encodeJson, bytes, start, end, betweenCharacters)
  else out.encoded(encodeBase64, bytes, start, end)
  out.ascii(isText ? '"' : '"}')
}

/** False, and nothing, when there is a byte beyond ASCII. */
function asciiString(out: ByteWriter, bytes: Buffer, start: number, end: number): boolean {
  const buffer = out.reserveWide(end - start)
  let to = out.length
  buffer[to++] = QUOTE
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number
    if (byte >= 0x80) return false
    if (IS_PLAIN[byte] === 1) buffer[to++] = byte
    else to = jsonEscaped(buffer, to, byte)
  }
  buffer[to++] = QUOTE
  out.length = to
  return true
}

function jsonEscaped(buffer: Buffer, to: number, byte: number): number {
  buffer[to] = BACKSLASH
  if (byte === QUOTE || byte === BACKSLASH) {
    buffer[to + 1] = byte
    return to + 2
  }
  buffer[to + 1] = 0x75
  buffer[to + 2] = buffer[to + 3] = 0x30
  return hex(buffer, to + 4, byte)
}

/** The inside of a JSON string; what moves a cursor or hides text is escaped beyond what JSON asks for. */
const encodeJson: Encoder = (out, bytes, start, end) => {
  const text = JSON.stringify(bytes.toString('utf8', start, end)).slice(1, -1)
  out.utf8(text.replace(UNSAFE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`))
}

/** Pieces are multiples of three bytes, so that they can stand side by side. */
const encodeBase64: Encoder = (out, bytes, start, end) => out.ascii(bytes.toString('base64', start, end))

export const encodeRaw: Encoder = (out, bytes, start, end) => out.copy(bytes, start, end)
