/**
 * The replies to PSYNC of every server generation (replication.c, slaveTryPartialResynchronization and
 * masterTryPartialResynchronization; the two-channel protocols: Redis 8.0, Valkey 8.0).
 */

import { ReplError } from '../../errors.ts'
import { isReplid } from '../history.ts'
import { parseOffset } from '../offset.ts'
import { excerpt, parseReplyLine, type ServerError } from './reply.ts'

/**
 * full: the RDB follows; the stream after it starts at offset + 1. `replid` is the server's replid from now on.
 * continue: the stream follows at once. `replid` is absent up to Redis 3.2 and without `capa psync2`. If it differs
 *   from the requested one, the master was promoted and its history continues under the new replid.
 * rdb-channel, dual-channel: a full resync on two connections, which starts only when we open the second one. The
 *   server has not forked.
 * refused: an error reply; handshake/steps.ts judges it.
 */
export type PsyncReply =
  | { readonly kind: 'full'; readonly replid: string; readonly offset: number }
  | { readonly kind: 'continue'; readonly replid?: string }
  | { readonly kind: 'rdb-channel'; readonly clientId: string }
  | { readonly kind: 'dual-channel' }
  | { readonly kind: 'refused'; readonly error: ServerError }

/** @throws ReplError PROTOCOL for any other line, NOT_REDIS if the line comes from another service. */
export function parsePsyncReply(line: Buffer): PsyncReply {
  const reply = parseReplyLine(line)
  if (typeof reply !== 'string') return { kind: 'refused', error: reply }
  const [word, id = '', offsetText = ''] = reply.split(' ')
  if (word === 'FULLRESYNC') {
    const offset = parseOffset(offsetText)
    // Redis clears its replid and continues here; we refuse a dump of unknown origin.
    if (!isReplid(id) || offset === undefined || offset < 0) throw malformed(line)
    return { kind: 'full', replid: id.toLowerCase(), offset }
  }
  if (word === 'CONTINUE') {
    if (id === '') return { kind: 'continue' }
    if (!isReplid(id)) throw malformed(line)
    return { kind: 'continue', replid: id.toLowerCase() }
  }
  if (word === 'RDBCHANNELSYNC') return { kind: 'rdb-channel', clientId: id }
  if (word === 'DUALCHANNELSYNC') return { kind: 'dual-channel' }
  throw malformed(line)
}

function malformed(line: Buffer): ReplError {
  return new ReplError('PSYNC_REPLY', { reply: excerpt(line) })
}
