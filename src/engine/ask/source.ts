/** Which server to attach to, where that has to be found out, and may be another one next time. */
import type { Failure } from '../../errors.ts'
import type { Access } from './access.ts'

/** Of a Sentinel: says, unknown, failed. Of a server: chosen, or why not. */
export type Answer =
  | 'says'
  | 'unknown'
  | 'failed'
  | 'chosen'
  | 'behind'
  | 'link down'
  | 'syncing'
  | 'loading'
  | 'other history'
  | 'no replica'

/** A server that was asked, or considered, on the way to the right one. */
export interface Considered {
  readonly name: string
  readonly answer: Answer
  /** The master that a Sentinel named. */
  readonly address?: string
  /** Why it could not be asked. */
  readonly failure?: Failure
  readonly offset?: number
}

/** How a server was found among several. */
export interface Choice {
  readonly endpoint: string
  readonly by: 'sentinel' | 'prefer master' | 'prefer replica'
  /** --prefer replica, and none will do. */
  readonly isFallback: boolean
  readonly asked: readonly Considered[]
}

export interface Found {
  readonly access: Access
  /** Absent where the user named the server itself. */
  readonly choices?: readonly Choice[]
}

export interface Source {
  /** As the user could name it, without secrets. */
  readonly name: string
  /** @throws ReplError when there is none now; a later try may find one */
  find(signal: AbortSignal): Promise<Found>
  /** Whether the server that was found is no longer the right one, and another is there. Absent where that never happens. */
  hasMoved?(from: Access, signal: AbortSignal): Promise<boolean>
  close?(): void
}

/** The one that the user has named. */
export function fixedSource(name: string, access: Access): Source {
  return { name, find: async () => ({ access }) }
}
