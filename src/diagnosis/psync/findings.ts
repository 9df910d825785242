/** The meaning of each handshake exchange, in words. */
import type { Finding } from '../../handshake/steps.ts'

const FINDINGS: Record<Finding, string> = {
  PONG: 'alive; asks for no password',
  PONG_NEEDS_AUTH: 'alive; requires a password, so AUTH comes next',
  PONG_NO_PERMISSION: 'alive; this user may not use PING, which a replica tolerates',
  PONG_MISCONF: 'alive, but its last save failed and it refuses writes; a real replica would give up here, a dump can continue',
  AUTH_OK: 'logged in',
  AUTH_NOT_NEEDED: 'the server has no password, so the given one is not needed (a real replica would give up here)',
  NAME_OK: 'CLIENT LIST shows us under this name',
  NAME_REFUSED: 'not critical: CLIENT LIST shows us without a name',
  PORT_OK: 'listed with this port; Sentinel ignores port -1',
  PORT_REFUSED: 'not critical: listed without a port',
  IP_OK: 'listed with this address, to which no client can connect',
  IP_REFUSED: 'not critical: listed with the address of this connection',
  CAPA_OK: 'capabilities accepted (servers also accept ones they do not know)',
  CAPA_REFUSED: 'not critical: the server uses the oldest framing',
  VERSION_OK: 'the server may use the RDB format of its own version',
  VERSION_REFUSED: 'not critical: the server uses an RDB format that older servers can read',
  RDB_ONLY_OK: 'the server sends only the RDB, without the command stream',
  RDB_ONLY_REFUSED: 'not critical: this server does not know rdb-only, so we close the link after the RDB',
  RDB_FILTER_OK: 'if the server forks after all, it writes an empty RDB',
  RDB_FILTER_REFUSED: 'not critical: this server cannot leave data out of an RDB',
  PSYNC_PERMITTED: 'invalid offset rejected, as planned: PSYNC exists and is permitted',
  PSYNC_FULL: 'full resync: the RDB follows',
  PSYNC_CONTINUE: 'partial resync: the stream continues at the next byte, without a fork',
  PSYNC_CONTINUE_NEW_REPLID: 'partial resync under a new replid: this server has been promoted since',
  PSYNC_RDB_CHANNEL: 'full resync on two connections: the server waits for the second one and has not forked',
  PSYNC_DUAL_CHANNEL: 'full resync on two connections: the server waits for the second one and has not forked',
  PSYNC_WOULD_FORK: 'the server prepares a full resync; we disconnect before it forks',
  PSYNC_UNKNOWN: 'this server has no PSYNC; SYNC is the older way to the same RDB',
  PSYNC_AS_SYNC: 'the server treats PSYNC under this name as SYNC: the RDB follows, without an offset',
  SYNC_SENT: 'no reply line: the RDB follows',
  REFUSED: 'refused: the handshake ends here',
}

export function describeFinding(finding: Finding): string {
  return FINDINGS[finding]
}
