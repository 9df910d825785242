/**
 * The command of each rung, and the meaning of each reply. The rules are those of syncWithMaster() in replication.c. Where
 * we are stricter or more tolerant than Redis, a comment says why.
 */
import type { ReplError } from '../errors.ts'
import type { ServerError } from '../protocol/wire/reply.ts'
import { refusal } from '../protocol/wire/server-error.ts'
import { type Command, type Plan, secretCommand } from './plan.ts'

/** ok: accepted. tolerated: refused, but the handshake continues, as in Redis. fatal: the handshake ends. */
export type Judgement =
  | { readonly outcome: 'ok' | 'tolerated'; readonly finding: Finding }
  | { readonly outcome: 'fatal'; readonly finding: Finding; readonly error: ReplError }

/** The result of an exchange; diagnosis/psync/findings.ts puts it into words. */
export type Finding =
  | 'PONG'
  | 'PONG_NEEDS_AUTH'
  | 'PONG_NO_PERMISSION'
  | 'PONG_MISCONF'
  | 'AUTH_OK'
  | 'AUTH_NOT_NEEDED'
  | `${Option}_OK`
  | `${Option}_REFUSED`
  | 'PSYNC_PERMITTED'
  | 'PSYNC_FULL'
  | 'PSYNC_CONTINUE'
  | 'PSYNC_CONTINUE_NEW_REPLID'
  | 'PSYNC_RDB_CHANNEL'
  | 'PSYNC_DUAL_CHANNEL'
  | 'PSYNC_WOULD_FORK'
  | 'PSYNC_UNKNOWN'
  | 'PSYNC_AS_SYNC'
  | 'SYNC_SENT'
  | 'REFUSED'

type Option = 'NAME' | 'PORT' | 'IP' | 'CAPA' | 'VERSION' | 'RDB_ONLY' | 'RDB_FILTER'

/** An invalid replid and an offset that is not a number. The servers that we send this to reject it before any other action. */
const PERMISSION_PROBE = ['x'.repeat(40), 'not-an-offset'] as const

function plain(...args: string[]): Command {
  return { args, shown: args }
}

function fatal(reply: ServerError): Judgement {
  return { outcome: 'fatal', finding: 'REFUSED', error: refusal(reply, {}) }
}

export const ping = (): Command => plain('PING')

/** Any status is fine. NOAUTH, NOPERM and the old "operation not permitted" only mean that AUTH comes next. */
export function judgePong(reply: string | ServerError, plan: Plan): Judgement {
  if (typeof reply === 'string') return { outcome: 'ok', finding: 'PONG' }
  const { details, code } = refusal(reply, {})
  // Without a password, Redis continues and fails at PSYNC. The cause is already known here, so we stop.
  if (code === 'AUTH_REQUIRED' && plan.credentials) return { outcome: 'tolerated', finding: 'PONG_NEEDS_AUTH' }
  if (details.reason === 'NOPERM') return { outcome: 'tolerated', finding: 'PONG_NO_PERMISSION' }
  if (details.reason === 'MISCONF' && plan.tolerateMisconf) return { outcome: 'tolerated', finding: 'PONG_MISCONF' }
  return fatal(reply)
}

/** One argument is the default user's password; two are an ACL user and its password (Redis 6.0). */
export function auth({ credentials }: Pick<Plan, 'credentials'>): Command | undefined {
  if (!credentials) return undefined
  const user = credentials.username ? [credentials.username] : []
  return secretCommand(['AUTH', ...user, credentials.password], (index) => index === user.length + 1)
}

export function judgeAuth(reply: string | ServerError, plan: Plan): Judgement {
  if (typeof reply === 'string') return { outcome: 'ok', finding: 'AUTH_OK' }
  // The server needs no password, so ours is superfluous, not wrong. A replica never gets past this (syncWithMaster).
  const isNeedless = refusal(reply, {}).details.reason === 'NO_PASSWORD_SET'
  return isNeedless && plan.tolerateNeedlessAuth ? { outcome: 'tolerated', finding: 'AUTH_NOT_NEEDED' } : fatal(reply)
}

export const clientName = ({ clientName: name }: Plan): Command | undefined =>
  name === undefined ? undefined : plain('CLIENT', 'SETNAME', name)

export const listeningPort = (plan: Plan): Command => plain('REPLCONF', 'listening-port', String(plan.announce.port))

export const ipAddress = (plan: Plan): Command => plain('REPLCONF', 'ip-address', plan.announce.ip)

/** All in one command, as replicas do. Only capabilities that we implement, because the server may use any that we announce. */
export const capabilities = (plan: Plan): Command => plain('REPLCONF', ...plan.capabilities.flatMap((name) => ['capa', name]))

export const version = (plan: Plan): Command | undefined => (plan.version ? plain('REPLCONF', 'version', plan.version) : undefined)

export const rdbOnly = (plan: Plan): Command | undefined => (plan.rdbOnly ? plain('REPLCONF', 'rdb-only', '1') : undefined)

export const emptyRdb = (plan: Plan): Command | undefined => (plan.emptyRdb ? plain('REPLCONF', 'rdb-filter-only', '') : undefined)

/**
 * Redis logs such errors as "(Non critical)". A missing permission is fatal here: without REPLCONF a replica cannot send
 * ACKs and is disconnected after repl-timeout, so continuing would only hide the cause. CLIENT SETNAME is optional.
 */
export function nonCritical(option: Option): (reply: string | ServerError) => Judgement {
  return (reply) => {
    if (typeof reply === 'string') return { outcome: 'ok', finding: `${option}_OK` }
    if (option !== 'NAME' && refusal(reply, {}).code !== 'NOT_SUPPORTED') return fatal(reply)
    return { outcome: 'tolerated', finding: `${option}_REFUSED` }
  }
}

/** The first REPLCONF. Every server since 2.6 knows it, so one that does not know it or blocks it is unusable as a master. */
export function judgePort(reply: string | ServerError): Judgement {
  const isBarred = typeof reply !== 'string' && ['UNKNOWN_COMMAND', 'COMMAND_BLOCKED'].includes(refusal(reply, {}).details.reason)
  if (isBarred) return fatal(reply)
  return nonCritical('PORT')(reply)
}

export function psync(plan: Plan): Command | undefined {
  const { psync: request, renamed } = plan
  const name = renamed?.psync ?? 'PSYNC'
  // Only SYNC was given a name, so the server has no PSYNC.
  if (renamed?.sync !== undefined && renamed.psync === undefined && legacySync(plan)) return undefined

  switch (request.kind) {
    case 'position':
      return plain(name, request.replid, String(request.requestOffset))
    case 'anything':
      return plain(name, '?', '-1')
    case 'permission':
      return plain(name, ...PERMISSION_PROBE)
    case 'nothing':
      return undefined
  }
}

/** Judges an error reply to PSYNC. Unlike replicas, we do not fall back to SYNC on an unknown error: SYNC always forks. */
export function judgePsyncRefusal(reply: string | ServerError, plan: Plan): Judgement {
  if (typeof reply === 'string') return { outcome: 'ok', finding: 'PSYNC_FULL' }
  if (plan.psync.kind === 'permission' && reply.text.startsWith('ERR value is not an integer')) {
    return { outcome: 'ok', finding: 'PSYNC_PERMITTED' }
  }
  const isUnknown = refusal(reply, {}).details.reason === 'UNKNOWN_COMMAND'
  if (isUnknown && legacySync(plan)) return { outcome: 'tolerated', finding: 'PSYNC_UNKNOWN' }
  return fatal(reply)
}

/** Only sent after a server did not know PSYNC. The answer is the payload itself, without a reply line before it. */
export const legacySync = (plan: Plan): Command | undefined =>
  plan.legacySync && plan.psync.kind === 'anything' ? plain(plan.renamed?.sync ?? 'SYNC') : undefined
