/** Stream state that spans commands: the selected database and the open transaction. */
import type { Position } from '../history.ts'
import { ByteTable } from './byte-table.ts'
import type { Command } from './command.ts'

/**
 * data: a write, or any other command replicated like one. upkeep: PING and REPLCONF, which only concern the link, and the hello
 * of Sentinels.
 * select, multi, exec: commands that change the state below.
 */
export type Role = 'data' | 'upkeep' | 'select' | 'multi' | 'exec'

const SPECIAL: ReadonlyMap<string, Role | 'publish'> = new Map<string, Role | 'publish'>([
  ['PUBLISH', 'publish'],
  ['PING', 'upkeep'],
  ['REPLCONF', 'upkeep'],
  ['SELECT', 'select'],
  ['MULTI', 'multi'],
  ['EXEC', 'exec'],
])
const ROLES = new ByteTable((name) => SPECIAL.get(name.toString('latin1').toUpperCase()) ?? 'data', true)
/** Every Sentinel publishes itself here on each master, every two seconds (sentinel.c, SENTINEL_HELLO_CHANNEL). */
const SENTINEL_CHANNEL = Buffer.from('__sentinel__:hello')

export class StreamState {
  db: number | undefined
  /** The last byte before the MULTI of the open transaction. */
  transaction: number | undefined

  constructor({ db, transaction }: Pick<Position, 'db' | 'transaction'>) {
    this.db = db
    this.transaction = transaction
  }

  /** Call for each command, in stream order. EXEC still belongs to the transaction that it ends: see `passed`. */
  observe(command: Command): Role {
    const special = ROLES.get(command.bytes, command.argStart(0), command.argEnd(0))
    const role = special !== 'publish' ? special : isSentinelHello(command) ? 'upkeep' : 'data'
    if (role === 'select') this.db = databaseOf(command)
    if (role === 'multi') this.transaction = command.startOffset
    return role
  }

  /** Call after the command has been processed. */
  passed(role: Role): void {
    if (role === 'exec') this.transaction = undefined
  }
}

function isSentinelHello(command: Command): boolean {
  return command.argc === 3 && SENTINEL_CHANNEL.equals(command.arg(1))
}

/** Undefined (unknown) if the argument is not a number. */
function databaseOf(command: Command): number | undefined {
  const text = command.argc === 2 ? command.text(1) : ''
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}
