/** Asks the server itself whether it is the master: Sentinels and cluster maps may be out of date. */

import type { Access } from '../engine/ask/access.ts'
import { QueryLink } from '../engine/ask/query.ts'
import { expectReplError, ignoreFailure, ReplError } from '../errors.ts'
import { endpointName } from '../io/endpoint.ts'
import { ServerError } from '../protocol/wire/reply.ts'

/** @throws ReplError TRY_LATER (NOT_MASTER), and any failure to ask, with the address of the server */
export async function confirmMaster(access: Access, signal: AbortSignal): Promise<void> {
  try {
    await checkRole(access, signal)
  } catch (error) {
    throw expectReplError(error).with({ endpoint: endpointName(access.endpoint) })
  }
}

async function checkRole(access: Access, signal: AbortSignal): Promise<void> {
  const link = await QueryLink.open(access, signal)
  try {
    const reply = await link.ask('ROLE')
    // If ROLE is not permitted, the reply to PSYNC decides.
    if (reply instanceof ServerError && !reply.text.startsWith('LOADING')) return
    const role = Array.isArray(reply) ? String(reply[0]) : String(reply)
    if (role !== 'master') throw new ReplError('NOT_MASTER', { role })
  } finally {
    link.close()
  }
}

/** Like confirmMaster, as a boolean. A server that cannot be asked counts as no master. */
export async function isMaster(access: Access, signal: AbortSignal): Promise<boolean> {
  return await confirmMaster(access, signal).then(
    () => true,
    (error) => ignoreFailure(error) ?? false,
  )
}
