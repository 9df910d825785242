/** The one line of result of a handshake, and the words for warnings. */
import type { GuardName } from '../handshake/guard.ts'
import type { Verdict } from '../handshake/machine.ts'

/** Why a handshake ended before PSYNC, or what became of it instead. */
export type StopReason = 'ASKED_TO' | 'NO_BACKLOG' | 'NO_INFO' | 'NO_POSITION' | 'WOULD_FORK'
/** What an operator should know besides the result. */
export type WarningCode = 'DISK_BASED' | 'STOP_WRITES_RISK' | 'LAST_BGSAVE_FAILED' | 'DISK_UNKNOWN' | 'MISCONF' | 'NO_INFO'

const STOPPED: Record<StopReason, string> = {
  ASKED_TO: 'stopped before PSYNC as asked.',
  NO_BACKLOG:
    'this master keeps no backlog (no replica has been here), so any PSYNC would be a full resync: it would fork, create a backlog and change the replid. Seen as far as possible without that; --allow-fork goes all the way.',
  NO_INFO:
    'INFO could not be had (see above), so there is no position to ask for without a fork. Seen as far as possible; where the right is missing, grant +info, or use --allow-fork.',
  NO_POSITION: 'INFO shows no replication offset, so there is no position to ask for without a fork.',
  WOULD_FORK:
    'between INFO and PSYNC the position was lost (backlog freed or run over), and the master chose a full resync. We left at once; the bill below shows whether it forked.',
}

/** What the handshake has shown about replicating from here. */
export function describeVerdict(verdict: Verdict, stopped: StopReason | undefined): string {
  switch (verdict.kind) {
    case 'continue':
      return `a replica could attach here: partial resync accepted at offset ${verdict.offset}, without a fork.`
    case 'permitted':
      return `a replica with these credentials may sync from here, but ${STOPPED[stopped ?? 'NO_BACKLOG']}`
    case 'none':
      return `no refusal so far; ${STOPPED[stopped ?? 'ASKED_TO']}`
    case 'full':
    case 'would-fork':
    case 'channel':
    case 'legacy':
      return stopped
        ? `a replica could attach here by full resync; ${STOPPED[stopped]}`
        : 'a replica could attach here: full resync started, and left before its RDB.'
  }
}

const GUARDS: Record<GuardName, string> = {
  'rdb-channel': 'a refused PSYNC would wait for a second connection (capa rdb-channel-repl)',
  'dual-channel': 'a refused PSYNC would wait for a second connection, or for repl-diskless-sync-delay with an empty RDB',
  'diskless-delay': 'a refused PSYNC would wait for repl-diskless-sync-delay, and its RDB would be empty',
  none: 'none on this version: should the backlog vanish between INFO and PSYNC, the master would fork',
}

export function describeGuard(guard: GuardName): string {
  return GUARDS[guard]
}

const WARNINGS: Record<WarningCode, string> = {
  DISK_BASED: 'repl-diskless-sync is off: the master writes its own dump file for this, and its last-save time moves.',
  STOP_WRITES_RISK:
    'save points and stop-writes-on-bgsave-error are on: should this BGSAVE fail, the master refuses all writes (-MISCONF).',
  LAST_BGSAVE_FAILED: 'the last BGSAVE of this master failed; this one, to the same disk, may fail too.',
  DISK_UNKNOWN:
    'it could not be asked whether the master writes this RDB to its disk first (that needs +config|get); a failure there can stop its writes.',
  MISCONF: 'the master refuses writes because its last save failed; a replica would not attach now.',
  NO_INFO: 'INFO could not be had, so the server’s version, position and cost are unknown.',
}

export function describeWarning(code: WarningCode): string {
  return WARNINGS[code]
}
