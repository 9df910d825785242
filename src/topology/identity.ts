/**
 * Whether the server at an announced address is the one that was announced: Sentinels and cluster maps may be out of date, and from
 * here an address may lead to another machine.
 */

import type { Access } from '../engine/ask/access.ts'
import { QueryLink } from '../engine/ask/query.ts'
import { expectReplError, ignoreFailure, ReplError } from '../errors.ts'
import { endpointName } from '../io/endpoint.ts'
import { continuesHistory, type ServerInfo } from '../protocol/info/server-info.ts'
import { type Reply, ServerError } from '../protocol/wire/reply.ts'
import { isNoNode, refusal } from '../protocol/wire/server-error.ts'

/** What an announcement shows of a server besides its address. */
export interface Announced {
  readonly by: 'SENTINEL' | 'CLUSTER'
  readonly runId?: string | undefined
  readonly nodeId?: string | undefined
}

/**
 * @returns the same access, tied to the server that answered
 * @throws ReplError TRY_LATER (NOT_MASTER, NOT_ANNOUNCED), and any failure to ask, with the address of the server
 */
export async function confirmMaster(access: Access, announced: Announced, signal: AbortSignal): Promise<Access> {
  const endpoint = endpointName(access.endpoint)
  try {
    const { server } = await recogniseMaster(access, announced, signal)
    return { ...access, ...(server && { expected: server }) }
  } catch (error) {
    throw expectReplError(error).with({ endpoint })
  }
}

/**
 * Whether a master has taken over from the server that we follow, whose link may be healthy. The new one must prove it: by the ID in
 * the announcement, or by our history, which a promoted replica continues. An announcement may be out of date, and from here its
 * address may lead to another machine. A server that cannot be asked has not taken over.
 * @param from with the history that we follow, where INFO shows it
 */
export async function hasTakenOver(access: Access, announced: Announced, from: Access, signal: AbortSignal): Promise<boolean> {
  try {
    const { server, isProven } = await recogniseMaster(access, announced, signal)
    return isProven || (server !== undefined && from.expected !== undefined && continuesHistory(server, from.expected))
  } catch (error) {
    return ignoreFailure(error) ?? false
  }
}

interface Recognised {
  /** Undefined if INFO is not permitted. */
  readonly server?: ServerInfo
  /** The server itself showed the announced ID. */
  readonly isProven: boolean
}

/** If INFO is not permitted, the reply to PSYNC decides. @throws ReplError NOT_MASTER, and those of `recognise` */
async function recogniseMaster(access: Access, announced: Announced, signal: AbortSignal): Promise<Recognised> {
  const recognised = await recognise(access, announced, signal)
  const { role } = recognised.server ?? {}
  if (role !== undefined && role !== 'master' && role !== 'active-replica') throw new ReplError('NOT_MASTER', { role })
  return recognised
}

/** @throws ReplError NOT_ANNOUNCED, SENTINEL */
async function recognise(access: Access, { by, runId, nodeId }: Announced, signal: AbortSignal): Promise<Recognised> {
  const link = await QueryLink.open(access, signal)
  try {
    if (nodeId !== undefined) refuseOtherNode(await link.ask('CLUSTER', 'MYID'), nodeId)
    const isNode = nodeId !== undefined
    const info = await link.info()
    if (info instanceof ServerError) return { isProven: isNode }
    const isSame = runId !== undefined && info.runId === runId
    const isOther = runId !== undefined && info.runId !== undefined && !isSame
    // A Sentinel reads the run ID of its master every 10 s (sentinel.c, sentinel_info_period): after a restart this passes.
    if (isOther) throw new ReplError('NOT_ANNOUNCED', { by, expectedId: runId, foundId: info.runId ?? '' })
    return { server: info, isProven: isNode || isSame }
  } finally {
    link.close()
  }
}

/** A server that does not know CLUSTER MYID passes: the announcement is all there is. @throws ReplError NOT_ANNOUNCED, NO_PERMISSION */
function refuseOtherNode(reply: Reply, expectedId: string): void {
  const refused = reply instanceof ServerError ? refusal(reply, { command: 'CLUSTER MYID' }) : undefined
  if (refused?.code === 'NO_PERMISSION') throw refused
  const foundId = reply instanceof ServerError && isNoNode(reply) ? '' : reply
  if (typeof foundId === 'string' && foundId !== expectedId) throw new ReplError('NOT_ANNOUNCED', { by: 'CLUSTER', expectedId, foundId })
}
