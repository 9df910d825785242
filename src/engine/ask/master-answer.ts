/** Asks the master of a replica whose link is down, as far as a client can: nothing is attached, and no REPLCONF is sent. */
import { explain } from '../../diagnosis/errors/explain.ts'
import type { AnsweringMaster, MasterAnswer } from '../../diagnosis/psync/master-answer.ts'
import { ReplError } from '../../errors.ts'
import type { ServerInfo } from '../../protocol/info/server-info.ts'
import { ServerError } from '../../protocol/wire/reply.ts'
import { refusal } from '../../protocol/wire/server-error.ts'
import type { Access } from './access.ts'
import { QueryLink } from './query.ts'

/** @param port the port of the replica, to find it in the list of the master. @throws ReplError ABORTED */
export async function askMaster(access: Access, port: number | undefined, signal: AbortSignal): Promise<MasterAnswer> {
  try {
    const { credentials: _, ...anonymous } = access
    const needsPassword = await withLink(anonymous, signal, wantsPassword)
    if (needsPassword && !access.credentials) return { kind: 'answers', needsPassword }
    return { kind: 'answers', needsPassword, ...(await ownView(access, port, signal)) }
  } catch (error) {
    const failure = ofConversation(error)
    return { kind: 'unreachable', code: failure.code, what: explain(failure).what }
  }
}

async function wantsPassword(link: QueryLink): Promise<boolean> {
  const reply = await link.ask('PING')
  if (!(reply instanceof ServerError)) return false
  return refusal(reply, { command: 'PING' }).code === 'AUTH_REQUIRED'
}

/** INFO as our own credentials may read it, or why they may not. */
async function ownView(
  access: Access,
  port: number | undefined,
  signal: AbortSignal,
): Promise<Omit<AnsweringMaster, 'kind' | 'needsPassword'>> {
  try {
    const info = await withLink(access, signal, (link) => link.info())
    return info instanceof ServerError ? { refusal: explain(refusal(info, { command: 'INFO' })).what } : viewOf(info, port)
  } catch (error) {
    return { refusal: explain(ofConversation(error)).what }
  }
}

function viewOf({ runId, history, isLoading, replicas }: ServerInfo, port: number | undefined) {
  return {
    ...(runId !== undefined && { runId }),
    ...(history && { replid: history.replid }),
    ...(isLoading && { isLoading }),
    ...(replicas.some((replica) => replica.port === port) && { isListed: true }),
    ...(history?.obstacle === 'NOMASTERLINK' && { isWithoutMaster: true }),
  }
}

async function withLink<T>(access: Access, signal: AbortSignal, work: (link: QueryLink) => Promise<T>): Promise<T> {
  const link = await QueryLink.open(access, signal)
  try {
    return await work(link)
  } finally {
    link.close()
  }
}

function ofConversation(error: unknown): ReplError {
  if (!(error instanceof ReplError) || error.code === 'ABORTED') throw error
  return error
}
