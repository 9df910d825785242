/** What a stream consists of: how much of it is which command, which database, which keys. */
import { ByteTable } from '../protocol/stream/byte-table.ts'
import type { Command } from '../protocol/stream/command.ts'
import type { KeyRules } from '../protocol/stream/key-rules.ts'
import type { Role } from '../protocol/stream/stream-state.ts'

/** Beyond these they are counted together. */
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

/** A single large command. */
export interface BigCommand {
  readonly name: string
  /** The first key, cut to a length that can be shown. */
  readonly key: string | undefined
  readonly bytes: number
  readonly offset: number
  /** Whom it came from, where there are several streams. */
  readonly server?: string
}

export interface StatsFigures {
  readonly commands: number
  readonly bytes: number
  /** PING, REPLCONF and SELECT: what is no write. */
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

/** What is counted for a command's name, and what is known of its keys without a look at each. */
class Named extends Counter {
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
  readonly #commands = new Set<Named>()
  readonly #dbs = new Map<number | undefined, Counter>()
  readonly #prefixes: Counter[] = []
  readonly #others = new Counter('(other prefixes)')
  readonly #otherCommands: Named
  readonly #byName = new ByteTable((name) => this.#named(name), true)
  readonly #byPrefix = new ByteTable((name) => this.#prefixed(name), false)
  #biggest: BigCommand[] = []

  constructor(keys: KeyRules) {
    this.#keys = keys
    this.#otherCommands = new Named('(other commands)', keys)
  }

  add(command: Command, role: Role, db: number | undefined, server?: string): void {
    const bytes = command.endOffset - command.startOffset
    this.#total.add(bytes)
    const named = this.#byName.get(command.bytes, command.argStart(0), command.argEnd(0))
    named.add(bytes)
    if (role === 'upkeep' || role === 'select') {
      this.#upkeep.add(bytes)
      return
    }
    this.#ofDb(db).add(bytes)
    const key = this.#firstKey(named, command)
    if (key > 0) this.#ofPrefix(command, key).add(bytes)
    if (bytes > (this.#biggest[BIGGEST - 1]?.bytes ?? 0)) this.#remember(command, key, bytes, server)
  }

  /** 0 for none. */
  #firstKey({ firstKey }: Named, command: Command): number {
    if (firstKey === undefined) return this.#keys.positions(command)[0] ?? 0
    return firstKey < command.argc ? firstKey : 0
  }

  figures(): StatsFigures {
    return {
      commands: this.#total.commands,
      bytes: this.#total.bytes,
      upkeep: { commands: this.#upkeep.commands, bytes: this.#upkeep.bytes },
      byCommand: sorted(this.#otherCommands.commands > 0 ? [...this.#commands, this.#otherCommands] : [...this.#commands]),
      byDb: sorted([...this.#dbs.values()]),
      byPrefix: sorted(this.#others.commands > 0 ? [...this.#prefixes, this.#others] : this.#prefixes),
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

  #named(name: Buffer): Named {
    if (this.#commands.size >= MAX_COMMANDS) return this.#otherCommands
    const counter = new Named(name.toString('latin1').toUpperCase(), this.#keys)
    this.#commands.add(counter)
    return counter
  }

  #prefixed(name: Buffer): Counter {
    if (this.#prefixes.length >= MAX_PREFIXES) return this.#others
    const counter = new Counter(`${name.toString()}*`)
    this.#prefixes.push(counter)
    return counter
  }

  #remember(command: Command, key: number, bytes: number, server: string | undefined): void {
    const shown = key === 0 ? undefined : command.arg(key).subarray(0, KEY_SHOWN_BYTES).toString()
    const one = { name: command.name, key: shown, bytes, offset: command.endOffset, ...(server !== undefined && { server }) }
    this.#biggest = [...this.#biggest, one].sort((a, b) => b.bytes - a.bytes).slice(0, BIGGEST)
  }
}

/** Up to and with the first colon, as keys are named by custom; else up to the first digit. */
function prefixEnd(bytes: Buffer, start: number, end: number): number {
  let digit = end
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number
    if (byte === COLON) return at + 1
    if (digit === end && byte >= 0x30 && byte <= 0x39) digit = at
  }
  return digit
}

function sorted(counters: readonly Counter[]): Share[] {
  return [...counters].sort((a, b) => b.bytes - a.bytes).map(({ name, commands, bytes }) => ({ name, commands, bytes }))
}
