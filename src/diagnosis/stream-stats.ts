/** What a stream consists of: the share of each command, database and key prefix. */
import { ByteTable } from '../protocol/stream/byte-table.ts'
import type { Command } from '../protocol/stream/command.ts'
import type { KeyRules } from '../protocol/stream/key-rules.ts'
import type { Role } from '../protocol/stream/stream-state.ts'

/** Beyond these limits, commands and prefixes are counted together. */
const MAX_COMMANDS = 1000
const MAX_PREFIXES = 10_000
const BIGGEST = 10
const KEY_SHOWN_BYTES = 80
const COLON = 0x3a

export interface Share {
  readonly name: string
  readonly commands: number
  readonly bytes: number
}

export interface BigCommand {
  readonly name: string
  /** The first key, cut to KEY_SHOWN_BYTES; undefined if the command has no key. */
  readonly key: string | undefined
  readonly bytes: number
  readonly offset: number
  /** The server that sent it, if there are several streams. */
  readonly server?: string
}

export interface StatsFigures {
  readonly commands: number
  readonly bytes: number
  /** PING, REPLCONF and SELECT, which write nothing. */
  readonly upkeep: Omit<Share, 'name'>
  readonly byCommand: readonly Share[]
  readonly byDb: readonly Share[]
  readonly byPrefix: readonly Share[]
  readonly biggest: readonly BigCommand[]
}

interface Rates {
  readonly commandsPerSecond: number
  readonly bytesPerSecond: number
}

/** @param elapsedMs how long the stream was watched */
export function ratesOf({ commands, bytes: size }: Pick<StatsFigures, 'commands' | 'bytes'>, elapsedMs: number): Rates {
  const seconds = Math.max(elapsedMs, 1) / 1000
  return { commandsPerSecond: commands / seconds, bytesPerSecond: size / seconds }
}

class Counter implements Share {
  readonly name: string
  commands = 0
  bytes = 0

  constructor(name: string) {
    this.name = name
  }

  add(bytes: number): void {
    this.commands += 1
    this.bytes += bytes
  }
}

/** The counter of one command name, with the position of its first key if that is the same for every command. */
class CommandCounter extends Counter {
  readonly firstKey: number | undefined

  constructor(name: string, keys: KeyRules) {
    super(name)
    this.firstKey = keys.firstOf(name)
  }
}

export class StreamStats {
  readonly #keys: KeyRules
  readonly #total = new Counter('')
  readonly #upkeep = new Counter('')
  readonly #commands = new Set<CommandCounter>()
  readonly #dbs = new Map<number | undefined, Counter>()
  readonly #prefixes: Counter[] = []
  readonly #others = new Counter('(other prefixes)')
  readonly #otherCommands: CommandCounter
  readonly #byName = new ByteTable((name) => this.#addCommand(name), true)
  readonly #byPrefix = new ByteTable((name) => this.#addPrefix(name), false)
  #biggest: BigCommand[] = []

  constructor(keys: KeyRules) {
    this.#keys = keys
    this.#otherCommands = new CommandCounter('(other commands)', keys)
  }

  add(command: Command, role: Role, db: number | undefined, server?: string): void {
    const bytes = command.endOffset - command.startOffset
    this.#total.add(bytes)
    const counter = this.#byName.get(command.bytes, command.argStart(0), command.argEnd(0))
    counter.add(bytes)
    if (role === 'upkeep' || role === 'select') {
      this.#upkeep.add(bytes)
      return
    }
    this.#ofDb(db).add(bytes)
    const key = this.#firstKey(counter, command)
    if (key > 0) this.#ofPrefix(command, key).add(bytes)
    if (bytes > (this.#biggest[BIGGEST - 1]?.bytes ?? 0)) this.#remember(command, key, bytes, server)
  }

  /** 0 if the command has no key. */
  #firstKey({ firstKey }: CommandCounter, command: Command): number {
    if (firstKey === undefined) return this.#keys.positions(command)[0] ?? 0
    return firstKey < command.argc ? firstKey : 0
  }

  figures(): StatsFigures {
    return {
      commands: this.#total.commands,
      bytes: this.#total.bytes,
      upkeep: { commands: this.#upkeep.commands, bytes: this.#upkeep.bytes },
      byCommand: sortBySize(this.#otherCommands.commands > 0 ? [...this.#commands, this.#otherCommands] : [...this.#commands]),
      byDb: sortBySize([...this.#dbs.values()]),
      byPrefix: sortBySize(this.#others.commands > 0 ? [...this.#prefixes, this.#others] : this.#prefixes),
      biggest: this.#biggest,
    }
  }

  #ofDb(db: number | undefined): Counter {
    const known = this.#dbs.get(db)
    if (known) return known
    const counter = new Counter(db === undefined ? 'unknown' : String(db))
    this.#dbs.set(db, counter)
    return counter
  }

  #ofPrefix(command: Command, key: number): Counter {
    const start = command.argStart(key)
    return this.#byPrefix.get(command.bytes, start, prefixEnd(command.bytes, start, command.argEnd(key)))
  }

  #addCommand(name: Buffer): CommandCounter {
    if (this.#commands.size >= MAX_COMMANDS) return this.#otherCommands
    const counter = new CommandCounter(name.toString('latin1').toUpperCase(), this.#keys)
    this.#commands.add(counter)
    return counter
  }

  #addPrefix(name: Buffer): Counter {
    if (this.#prefixes.length >= MAX_PREFIXES) return this.#others
    const counter = new Counter(`${name.toString()}*`)
    this.#prefixes.push(counter)
    return counter
  }

  #remember(command: Command, key: number, bytes: number, server: string | undefined): void {
    const keyText = key === 0 ? undefined : command.arg(key).subarray(0, KEY_SHOWN_BYTES).toString()
    const entry = { name: command.name, key: keyText, bytes, offset: command.endOffset, ...(server !== undefined && { server }) }
    this.#biggest = [...this.#biggest, entry].sort((a, b) => b.bytes - a.bytes).slice(0, BIGGEST)
  }
}

/** Through the first colon, the usual separator in key names; otherwise up to the first digit. */
function prefixEnd(bytes: Buffer, start: number, end: number): number {
  let digit = end
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number
    if (byte === COLON) return at + 1
    if (digit === end && byte >= 0x30 && byte <= 0x39) digit = at
  }
  return digit
}

function sortBySize(counters: readonly Counter[]): Share[] {
  return [...counters].sort((a, b) => b.bytes - a.bytes).map(({ name, commands, bytes }) => ({ name, commands, bytes }))
}
