/**
 * The replies to PSYNC, for every generation of server (replication.c, slaveTryPartialResynchronization and
 * masterTryPartialResynchronization; protocol of the two-channel syncs: Redis 8.0, Valkey 8.0).
 */

import { ReplError } from '../../errors.ts'
import { isReplid } from '../history.ts'
import { parseOffset } from '../offset.ts'
import { excerpt, parseReplyLine, type ServerError } from './reply.ts'

/**
 * full: RDB follows, the stream behind it starts at offset + 1. replid as the server has it from now on.
 * continue: the stream follows at once. replid is absent up to Redis 3.2 and without `capa psync2`; when it differs
 *   from what we asked, the master was promoted and its history goes on under the new name.
 * rdb-channel, dual-channel: a full resync on two connections, which begins only when we open the second one. The
 *   server has forked nothing.
 * refused: an error reply; handshake/steps.ts judges it.
 */
export type PsyncReply =
  | { readonly kind: 'full'; readonly replid: string; readonly offset: number }
  | { readonly kind: 'continue'; readonly replid?: string }
  | { readonly kind: 'rdb-channel'; readonly clientId: string }
  | { readonly kind: 'dual-channel' }
  | { readonly kind: 'refused'; readonly error: ServerError }

/** @throws ReplError PROTOCOL when the line is none of them, NOT_REDIS when it is no reply at all. */
export function parsePsyncReply(line: Buffer): PsyncReply {
  const reply = parseReplyLine(line)
  if (typeof reply !== 'string') return { kind: 'refused', error: reply }
  const [word, id = '', offsetText = ''] = reply.split(' ')
  if (word === 'FULLRESYNC') {
    const offset = parseOffset(offsetText)
    // Redis blanks its replid and goes on here; we refuse to take a dump whose origin is unknown.
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
