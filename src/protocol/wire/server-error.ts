/**
 * Maps the error replies of every server generation to our reasons. The reply text itself is always kept:
 * this table only classifies the failure.
 */
import { type Context, type Reason, type ReasonFacts, ReplError } from '../../errors.ts'
import type { ServerError } from './reply.ts'

/** The reasons whose only fact is the reply. */
type RefusalReason = { [R in Reason]: { readonly reply: string } extends ReasonFacts[R] ? R : never }[Reason]

interface Refusal {
  readonly matches: RegExp
  readonly reason: RefusalReason
}

/** How services and proxies say that they block a command. The text must mention a command: "cluster support disabled" is not. */
const BLOCKED = new RegExp(
  [
    /\b(command|psync|sync|replconf)\b.*\b(disabled|forbidden|blocked|prohibited|restricted|denied|no permission)\b/.source,
    /\b(command|psync|sync|replconf)\b.*\bnot (be )?(allowed|permitted|support(ed)?|available|enabled|implemented|authorized)\b/.source,
    /\b(disabled|forbidden|blocked|prohibited|restricted|invalid|not allowed|not supported) command\b/.source,
    /\bauth permission deny\b/.source, // Predixy
  ].join('|'),
  'i',
)

/** Ordered: the first match wins. Prefixes as in server.c (createSharedObjects), acl.c and replication.c. */
const REFUSALS: readonly Refusal[] = [
  { matches: /^NOAUTH\b|^ERR operation not permitted/, reason: 'NOAUTH' },
  { matches: /^WRONGPASS\b|^ERR invalid password/, reason: 'WRONGPASS' },
  { matches: /without any password configured|but no password is set/, reason: 'NO_PASSWORD_SET' },
  { matches: /wrong number of arguments for 'auth'/, reason: 'NO_USERS' },
  { matches: /^NOPERM\b/, reason: 'NOPERM' },
  { matches: /^DENIED\b/, reason: 'PROTECTED_MODE' },
  { matches: /^LOADING\b/, reason: 'LOADING' },
  { matches: /^NOMASTERLINK .*failing over/, reason: 'FAILOVER' },
  { matches: /^NOMASTERLINK\b|^ERR Can't SYNC while not connected/, reason: 'NOMASTERLINK' },
  { matches: /^MASTERDOWN\b/, reason: 'MASTERDOWN' },
  { matches: /^BUSY\b/, reason: 'BUSY' },
  { matches: /^MISCONF\b/, reason: 'MISCONF' },
  { matches: /^ERR max number of clients/, reason: 'MAX_CLIENTS' },
  { matches: /^ERR BGSAVE failed/, reason: 'BGSAVE_FAILED' },
  { matches: /unknown command|[Uu]nsupported command|disallowed/, reason: 'UNKNOWN_COMMAND' },
  { matches: BLOCKED, reason: 'COMMAND_BLOCKED' },
]

const OTHER_REFUSAL: Pick<Refusal, 'reason'> = { reason: 'COMMAND_REFUSED' }

/** The error for a refused command. The reason is COMMAND_REFUSED if the text matches no entry. */
export function refusal(reply: ServerError, context: Context): ReplError {
  const { reason } = REFUSALS.find(({ matches }) => matches.test(reply.text)) ?? OTHER_REFUSAL
  return new ReplError(reason, { ...context, reply: reply.text })
}

/** The same refusal with another reply text, in which secrets are masked. */
export function withReplyText({ details, cause }: ReplError, reply: string): ReplError {
  const { reason } = REFUSALS.find((known) => known.reason === details.reason) ?? OTHER_REFUSAL
  const { reason: _, ...facts } = details
  return new ReplError(reason, { ...facts, reply }, cause)
}

/** Whether the server refuses CLUSTER because it is not a cluster node (cluster.c, clusterCommand). */
export function isNoNode({ text }: ServerError): boolean {
  return /cluster support disabled/i.test(text)
}
