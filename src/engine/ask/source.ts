/** Finds the server to attach to, which may be a different server each time. */
import type { Failure } from '../../errors.ts'
import type { Access } from './access.ts'

/** A Sentinel's answer is `says`, `unknown` or `failed`. A server is `chosen`, or has the reason why not. */
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

/** A Sentinel that was queried, or a server that was considered. */
export interface Candidate {
  readonly name: string
  readonly answer: Answer
  /** The master that a Sentinel named. */
  readonly address?: string
  /** Why the query failed. */
  readonly failure?: Failure
  readonly offset?: number
}

/** How a server was chosen among several. */
export interface Choice {
  readonly endpoint: string
  /** As the Sentinels name it: `endpoint` is where --map leads. */
  readonly announced?: string
  readonly by: 'sentinel' | 'prefer master' | 'prefer replica'
  /** No replica was suitable for --prefer replica. */
  readonly isFallback: boolean
  readonly asked: readonly Candidate[]
}

export interface Found {
  readonly access: Access
  /** Absent when the user named the server itself. */
  readonly choices?: readonly Choice[]
}

export interface Source {
  /** A name that the user could give, without secrets. */
  readonly name: string
  /** @throws ReplError when there is no server now; a retry may find one */
  find(signal: AbortSignal): Promise<Found>
  /**
   * Whether another server has replaced the one found. Absent when that cannot happen.
   * @param from expects the server as last seen: one that takes over continues its history
   */
  hasMoved?(from: Access, signal: AbortSignal): Promise<boolean>
  close?(): void
}

/** The server that the user named. */
export function staticSource(name: string, access: Access): Source {
  return { name, find: async () => ({ access }) }
}
