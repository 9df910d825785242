/**
 * Error replies of every generation, from the server's sentence to our code. The sentence itself is always kept:
 * this table only decides what kind of failure it is.
 */
import { type ErrorCode, type ErrorDetails, ReplError } from '../../errors.ts'
import type { ServerError } from './reply.ts'

interface Refusal {
  readonly matches: RegExp
  readonly code: ErrorCode
  readonly reason: string
}

/** Ordered: the first match counts. Prefixes as in server.c (createSharedObjects), acl.c and replication.c. */
const REFUSALS: readonly Refusal[] = [
  { matches: /^NOAUTH\b|^ERR operation not permitted/, code: 'AUTH_REQUIRED', reason: 'NOAUTH' },
  { matches: /^WRONGPASS\b|^ERR invalid password/, code: 'AUTH_FAILED', reason: 'WRONGPASS' },
  { matches: /without any password configured|but no password is set/, code: 'AUTH_FAILED', reason: 'NO_PASSWORD_SET' },
  { matches: /wrong number of arguments for 'auth'/, code: 'AUTH_FAILED', reason: 'NO_USERS' },
  { matches: /^NOPERM\b/, code: 'NO_PERMISSION', reason: 'NOPERM' },
  { matches: /^DENIED\b/, code: 'NO_PERMISSION', reason: 'PROTECTED_MODE' },
  { matches: /^LOADING\b/, code: 'TRY_LATER', reason: 'LOADING' },
  { matches: /^NOMASTERLINK .*failing over/, code: 'TRY_LATER', reason: 'FAILOVER' },
  { matches: /^NOMASTERLINK\b|^ERR Can't SYNC while not connected/, code: 'TRY_LATER', reason: 'NOMASTERLINK' },
  { matches: /^MASTERDOWN\b/, code: 'TRY_LATER', reason: 'MASTERDOWN' },
  { matches: /^BUSY\b/, code: 'TRY_LATER', reason: 'BUSY' },
  { matches: /^MISCONF\b/, code: 'TRY_LATER', reason: 'MISCONF' },
  { matches: /^ERR max number of clients/, code: 'TRY_LATER', reason: 'MAX_CLIENTS' },
  { matches: /^ERR BGSAVE failed/, code: 'LINK_LOST', reason: 'BGSAVE_FAILED' },
  { matches: /unknown command|[Uu]nsupported command|disallowed/, code: 'NOT_SUPPORTED', reason: 'UNKNOWN_COMMAND' },
]

/** The error for a refused command; sentences nobody has listed are NOT_SUPPORTED with the reason REFUSED. */
export function refusal(reply: ServerError, facts: Omit<ErrorDetails, 'reason' | 'reply'>): ReplError {
  const { code, reason } = REFUSALS.find(({ matches }) => matches.test(reply.text)) ?? { code: 'NOT_SUPPORTED', reason: 'REFUSED' }
  return new ReplError(code as ErrorCode, { ...facts, reason, reply: reply.text })
}
