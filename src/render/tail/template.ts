/** A line format that the user defines, as in kcat: `%o %d %c %k\n`. */
import { type ReplError, usageError } from '../../errors.ts'
import type { Command } from '../../protocol/stream/command.ts'
import type { KeyRules } from '../../protocol/stream/key-rules.ts'
import type { StreamState } from '../../protocol/stream/stream-state.ts'
import type { ByteWriter } from '../base/byte-writer.ts'
import { encodeRepr } from './encoders.ts'
import { type Format, type Label, TimeStamp } from './format.ts'

type Part = (out: ByteWriter, command: Command, state: StreamState, at: number) => void

/** For `--help`, in this order. */
export const TEMPLATE_HELP =
  '%o offset, %s offset before it, %d db, %c command, %h server, %k keys, %a arguments, %1-%9 one of them, %r all as in text, %n bytes, %t time, %T Unix milliseconds, %x offset before its transaction, %%; \\n \\t \\r \\0 \\e \\\\ \\xHH'

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', 0: '\0', e: '\x1b', '\\': '\\' }
const TOKEN = /%(.)|\\x([0-9a-fA-F]{2})|\\(.)|[^%\\]+|[%\\]/gsu

export class TemplateFormat implements Format {
  readonly #parts: readonly Part[]

  /** @throws ReplError USAGE for an unknown sign or escape */
  constructor(template: string, keys: KeyRules, label: Label) {
    const stamp = new TimeStamp()
    this.#parts = [...template.matchAll(TOKEN)].map(([whole, sign, byte, short]) => {
      if (sign !== undefined) return signPart(sign, keys, stamp, label)
      if (byte !== undefined) return (out) => out.byte(Number.parseInt(byte, 16))
      const text = short === undefined ? whole : ESCAPES[short]
      if (text === undefined || whole === '%' || whole === '\\') throw unknownToken(whole)
      return (out) => out.utf8(text)
    })
  }

  command(out: ByteWriter, command: Command, state: StreamState, at: number): void {
    for (const part of this.#parts) part(out, command, state, at)
  }
}

function signPart(sign: string, keys: KeyRules, stamp: TimeStamp, label: Label): Part {
  const parts: Readonly<Record<string, Part>> = {
    '%': (out) => out.ascii('%'),
    o: (out, command) => out.number(command.endOffset),
    s: (out, command) => out.number(command.startOffset),
    d: (out, _, { db }) => (db === undefined ? out.ascii('?') : out.number(db)),
    c: (out, command) => writeArgument(out, command, 0),
    h: (out) => out.utf8(label.server),
    k: (out, command) => writeList(keys.positions(command), out, (index) => writeArgument(out, command, index)),
    a: (out, command) => writeList(range(1, command.argc), out, (index) => writeQuoted(out, command, index)),
    r: (out, command) => writeList(range(0, command.argc), out, (index) => writeQuoted(out, command, index)),
    n: (out, command) => out.number(command.endOffset - command.startOffset),
    t: (out, _, __, at) => out.ascii(stamp.of(at)),
    T: (out, _, __, at) => out.number(Math.floor(at)),
    x: (out, _, { transaction }) => (transaction === undefined ? out.ascii('-') : out.number(transaction)),
  }
  const index = Number(sign)
  if (index >= 1 && index <= 9) return (out, command) => (index < command.argc ? writeArgument(out, command, index) : undefined)
  const part = parts[sign]
  if (!part) throw unknownToken(`%${sign}`)
  return part
}

function range(first: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - first) }, (_, index) => first + index)
}

function writeList(indexes: readonly number[], out: ByteWriter, write: (index: number) => void): void {
  for (const [count, index] of indexes.entries()) {
    if (count > 0) out.ascii(' ')
    write(index)
  }
}

function writeArgument(out: ByteWriter, command: Command, index: number): void {
  out.encoded(encodeRepr, command, command.argStart(index), command.argEnd(index))
}

function writeQuoted(out: ByteWriter, command: Command, index: number): void {
  out.ascii('"')
  writeArgument(out, command, index)
  out.ascii('"')
}

function unknownToken(given: string): ReplError {
  return usageError(`--template does not know "${given}": ${TEMPLATE_HELP}`)
}
