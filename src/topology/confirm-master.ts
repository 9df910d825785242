/** Whoever is said to be the master has the last word on it. */

import type { Access } from '../engine/ask/access.ts'
import { QueryLink } from '../engine/ask/query.ts'
import { expectReplError, ignoreFailure, ReplError } from '../errors.ts'
import { endpointName } from '../io/endpoint.ts'
import { ServerError } from '../protocol/wire/reply.ts'

/** @throws ReplError TRY_LATER (NOT_MASTER), and whatever keeps it from being asked, with its address */
export async function confirmMaster(access: Access, signal: AbortSignal): Promise<void> {
  try {
    await judge(access, signal)
  } catch (error) {
    throw expectReplError(error).with({ endpoint: endpointName(access.endpoint) })
  }
}

async function judge(access: Access, signal: AbortSignal): Promise<void> {
  const link = await QueryLink.open(access, signal)
  try {
    const reply = await link.ask('ROLE')
    // Whoever may not ask for the role is told what counts by PSYNC.
    if (reply instanceof ServerError && !reply.text.startsWith('LOADING')) return
    const role = Array.isArray(reply) ? String(reply[0]) : String(reply)
    if (role !== 'master') throw new ReplError('NOT_MASTER', { role })
  } finally {
    link.close()
  }
}

/** The same as a question; whoever cannot be asked is none. */
export async function isMaster(access: Access, signal: AbortSignal): Promise<boolean> {
  return await confirmMaster(access, signal).then(
    () => true,
    (error) => ignoreFailure(error) ?? false,
  )
}
