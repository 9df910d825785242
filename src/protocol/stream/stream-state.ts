/** What a stream means beyond its single commands: the selected database, and the transaction that is open. */
import type { Position } from '../history.ts'
import { ByteTable } from './byte-table.ts'
import type { Command } from './command.ts'

/**
 * data: a write, or whatever is replicated as one. upkeep: PING and REPLCONF, which concern the link alone.
 * select, multi, exec: what shapes the stream.
 */
export type Role = 'data' | 'upkeep' | 'select' | 'multi' | 'exec'

const SPECIAL: ReadonlyMap<string, Role> = new Map([
  ['PING', 'upkeep'],
  ['REPLCONF', 'upkeep'],
  ['SELECT', 'select'],
  ['MULTI', 'multi'],
  ['EXEC', 'exec'],
])
const ROLES = new ByteTable((name) => SPECIAL.get(name.toString('latin1').toUpperCase()) ?? 'data', true)

export class StreamState {
  db: number | undefined
  /** The last byte before the MULTI that is open. */
  transaction: number | undefined

  constructor({ db, transaction }: Pick<Position, 'db' | 'transaction'>) {
    this.db = db
    this.transaction = transaction
  }

  /** Takes note of a command, in the order of the stream. An EXEC belongs to the transaction that it ends. */
  observe(command: Command): Role {
    const role = ROLES.get(command.bytes, command.argStart(0), command.argEnd(0))
    if (role === 'select') this.db = selected(command)
    if (role === 'multi') this.transaction = command.startOffset
    return role
  }

  /** When the command has been dealt with. */
  passed(role: Role): void {
    if (role === 'exec') this.transaction = undefined
  }
}

/** A database that is not a number is as good as unknown. */
function selected(command: Command): number | undefined {
  const text = command.argc === 2 ? command.text(1) : ''
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}
