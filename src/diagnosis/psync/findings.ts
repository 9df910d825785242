/** The meaning of each handshake exchange, in words. */
import type { Finding } from '../../handshake/steps.ts'

const FINDINGS: Record<Finding, string> = {
  PONG: 'alive, and answers without asking for a password',
  PONG_NEEDS_AUTH: 'alive; a password is required, and AUTH comes next',
  PONG_NO_PERMISSION: 'alive; this user may not PING, which a replica puts up with',
  PONG_MISCONF: 'alive, but its last save failed and it refuses writes; a replica would give up here, a dump need not',
  AUTH_OK: 'logged in',
  AUTH_NOT_NEEDED: 'the server has no password: the one given is superfluous (a real replica would give up here)',
  NAME_OK: 'CLIENT LIST shows us by this name',
  NAME_REFUSED: 'no name for CLIENT LIST; only a courtesy',
  PORT_OK: 'listed with this port; Sentinel ignores port -1',
  PORT_REFUSED: 'not critical: listed without a port',
  IP_OK: 'listed with this address; nobody connects to redis_repl',
  IP_REFUSED: 'not critical: listed with the address of this connection',
  CAPA_OK: 'the server knows what we can receive (it takes capabilities it does not know as well)',
  CAPA_REFUSED: 'not critical: the server will use the oldest framing',
  VERSION_OK: 'the server may use the RDB format of its own version',
  VERSION_REFUSED: 'not critical: the server chooses an RDB format that older servers read',
  RDB_ONLY_OK: 'only the RDB will be sent, no command stream',
  RDB_ONLY_REFUSED: 'not critical: this server knows no rdb-only, so we close the link behind the RDB',
  RDB_FILTER_OK: 'should the server fork after all, it would write an empty RDB',
  RDB_FILTER_REFUSED: 'not critical: this server cannot leave data out of an RDB',
  PSYNC_PERMITTED: 'refused for its offset as intended: PSYNC is there and permitted, and nothing was started',
  PSYNC_FULL: 'full resync: an RDB follows',
  PSYNC_CONTINUE: 'partial resync: the stream goes on at the next byte, nothing was forked',
  PSYNC_CONTINUE_NEW_REPLID: 'partial resync under a new replid: this server was promoted since',
  PSYNC_RDB_CHANNEL: 'full resync on two connections: it waits for the second one, and nothing was forked',
  PSYNC_DUAL_CHANNEL: 'full resync on two connections: it waits for the second one, and nothing was forked',
  PSYNC_WOULD_FORK: 'the master prepares a full resync; left before it forks',
  PSYNC_UNKNOWN: 'this server has no PSYNC; SYNC is the older way to the same RDB',
  PSYNC_AS_SYNC: 'under this name it is SYNC to the server: the RDB itself follows, without a position',
  SYNC_SENT: 'no reply line: the RDB itself follows',
  REFUSED: 'refused: the handshake ends here',
}

export function describeFinding(finding: Finding): string {
  return FINDINGS[finding]
}
