/** Which server to attach to, where that has to be found out, and may be another one next time. */
import type { Choice } from '../diagnosis/choice.ts'
import { ReplError } from '../errors.ts'
import { now, sleep } from '../io/clock.ts'
import { endpointName } from '../io/endpoint.ts'
import type { Batch } from './events.ts'
import { replicate } from './link/replica.ts'
import type { Access, ReplicaOptions } from './options.ts'

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
  /** Whether what was found is no longer the right one, and another is there. Absent where that never happens. */
  hasMoved?(from: Access, signal: AbortSignal): Promise<boolean>
  close?(): void
}

/** The one that the user has named. */
export function fixedSource(name: string, access: Access): Source {
  return { name, find: async () => ({ access }) }
}

export type Manners = Omit<ReplicaOptions, keyof Access>

/** How often it is asked whether another server is the right one now. */
const LOOK_EVERY_MS = 1000

/**
 * Finds the server, tells how, and attaches to it.
 * @throws ReplError LINK_LOST (MOVED) when, while its stream is followed, another server has taken its place
 */
export async function* replicateFrom(source: Source, manners: Manners, signal: AbortSignal): AsyncGenerator<Batch> {
  const { access, choices = [] } = await source.find(signal)
  if (choices.length > 0) yield choices.map((choice) => ({ type: 'source', at: now(), ...choice }) as const)
  const left = new AbortController()
  const over = new AbortController()
  try {
    for await (const batch of replicate({ ...access, ...manners }, AbortSignal.any([signal, left.signal]))) {
      if (batch[0]?.type === 'following') void lookForOther(source, access, left, AbortSignal.any([signal, over.signal]))
      yield batch
    }
  } catch (error) {
    if (!left.signal.aborted || signal.aborted) throw error
    throw new ReplError('MOVED', { endpoint: endpointName(access.endpoint) })
  } finally {
    over.abort()
  }
}

/** A master that hangs, or that is cut off from the others, keeps its links open when another one has been made. */
async function lookForOther(source: Source, access: Access, left: AbortController, signal: AbortSignal): Promise<void> {
  if (!source.hasMoved) return
  try {
    for (;;) {
      await sleep(LOOK_EVERY_MS, signal)
      // Whoever cannot be asked now may be later.
      if (await source.hasMoved(access, signal).catch(() => false)) return left.abort()
    }
  } catch {
    // Over, or nobody could be asked: the link itself shows what is wrong.
  }
}
