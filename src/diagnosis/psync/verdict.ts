/** The one-line result of a handshake, and the texts of warnings. */
import type { ErrorCode } from '../../errors.ts'
import { type Guard, type GuardName, isHarmless, NO_GUARD } from '../../handshake/guard.ts'
import type { Verdict } from '../../handshake/machine.ts'
import type { History } from '../../protocol/history.ts'
import { bytes } from '../units.ts'

/** Why a handshake ended before PSYNC, or what happened instead of the planned PSYNC. */
export type StopReason =
  | 'ASKED_TO'
  | 'RENAMED'
  | 'NO_BACKLOG'
  | 'NO_INFO'
  | 'NO_POSITION'
  | 'NO_REPLID'
  | 'NO_OFFSET'
  | 'CERTAIN'
  | 'NO_GUARD'
  | 'GUARD_UNKNOWN'
  | 'NEAR_EDGE'
  | 'PUT_OFF'
  | 'NEW_REPLID'
  | 'WOULD_FORK'
  | 'AS_SYNC'
  | 'LOST'
/** What an operator should know besides the result. */
export type WarningCode =
  | 'DISK_BASED'
  | 'STOP_WRITES_RISK'
  | 'LAST_BGSAVE_FAILED'
  | 'DISK_UNKNOWN'
  | 'MISCONF'
  | 'NO_INFO'
  | 'INFO_LOST'
  | 'MIN_REPLICAS'
  | 'RATE_LIFTED'
  | 'RATE_LIFTED_EARLY'
  | 'RATE_LIMIT_UNKNOWN'
  | 'RATE_UNWATCHED'

const STOPPED: Record<StopReason, string> = {
  ASKED_TO: 'stopped before PSYNC as asked.',
  RENAMED:
    'PSYNC was not sent, since most servers take a PSYNC that they have under another name for SYNC, and fork whatever INFO promises; --allow-fork sends it.',
  NO_BACKLOG:
    'this master keeps no backlog (no replica has been here), so any PSYNC would be a full resync: it would fork, create a backlog and change the replid. Seen as far as possible without that; --allow-fork goes all the way.',
  NO_INFO:
    'INFO could not be had, so there is no position to ask for without a fork. Seen as far as possible; where the right is missing, grant +info, or use --allow-fork.',
  NO_POSITION: 'INFO shows no master_replid and no master_repl_offset, so there is no position to ask for without a fork.',
  NO_REPLID: 'INFO shows no master_replid, so there is no position to ask for without a fork.',
  NO_OFFSET: 'INFO shows no master_repl_offset, so there is no position to ask for without a fork.',
  CERTAIN: 'PSYNC was not sent, since a replica without a position always gets a full resync.',
  NO_GUARD: 'PSYNC was not sent, since nothing would keep the refusal from forking this server; --allow-fork sends it.',
  GUARD_UNKNOWN:
    'PSYNC was not sent, since without +config|get it cannot be seen whether the refusal would fork this server; --allow-fork sends it.',
  NEAR_EDGE:
    'PSYNC was not sent, since the position is so near the end of the backlog that it may fall out before PSYNC arrives, and nothing would keep the refusal harmless; --allow-fork sends it.',
  PUT_OFF: 'PSYNC was asked without a position, since this server served no replica a moment before: ask again.',
  NEW_REPLID: 'PSYNC was not sent, since the refusal would make this server create a backlog and change its replid; --allow-fork sends it.',
  LOST: 'PSYNC was not sent, since the server no longer has what comes behind this position.',
  WOULD_FORK:
    'INFO and PSYNC disagree: PSYNC was answered by a full resync that INFO did not foretell, or the position was lost between the two. We disconnected at once; whether it forked, INFO tells by total_forks, or up to 6.0 by latest_fork_usec.',
  AS_SYNC:
    'under this name PSYNC seems to be SYNC to the server, as to most: it prepared a full resync although INFO had promised the position. We left at once; whether it forked, INFO tells by total_forks, or up to 6.0 by latest_fork_usec.',
}

/** A PSYNC that was answered, or not sent. */
interface Asked {
  readonly stopped?: StopReason | undefined
  readonly verdict?: Verdict | undefined
  /** What was expected to keep a refusal from forking the server. */
  readonly guard?: Guard | undefined
  /** Right before PSYNC. */
  readonly history?: History | undefined
}

/** Whether PSYNC was answered by an unwanted full resync that is not known to be harmless. */
export function mayHaveForked({ stopped, verdict, guard = NO_GUARD, history }: Asked): boolean {
  if (stopped === 'AS_SYNC') return true
  // A channel: the server waits for our second connection before it forks.
  if (stopped !== 'WOULD_FORK' || verdict?.kind === 'channel') return false
  // +FULLRESYNC comes right before or right after the fork (replication.c, startBgsaveForReplication).
  return verdict?.kind !== 'would-fork' || !isHarmless(guard, history?.backlog !== undefined)
}

export function describeStop(reason: StopReason): string {
  return STOPPED[reason]
}

/**
 * Whether a replica with these credentials could replicate, as far as it was seen.
 * @returns the class of the failure, or undefined if it could
 */
export function judgeVerdict({ kind }: Verdict, stopped: StopReason | undefined): ErrorCode | undefined {
  if (stopped === 'PUT_OFF') return 'TRY_LATER'
  if (stopped === 'AS_SYNC' || kind === 'legacy') return 'NOT_SUPPORTED'
  return kind === 'none' && stopped !== 'ASKED_TO' ? 'FORK_NEEDED' : undefined
}

/** The answer of a handshake in one word. `unknown`: seeing more needs a fork. */
export function markOf(verdict: Verdict, stopped: StopReason | undefined): 'ok' | 'unknown' | 'later' | 'no' {
  switch (judgeVerdict(verdict, stopped)) {
    case undefined:
      // Stopped on request, so nothing of PSYNC was seen.
      return verdict.kind === 'none' ? 'unknown' : 'ok'
    case 'FORK_NEEDED':
      return 'unknown'
    case 'TRY_LATER':
      return 'later'
    default:
      return 'no'
  }
}

/** What the handshake shows about replicating from this server. @param dataBytes the memory of its data, if INFO shows it */
export function describeVerdict(verdict: Verdict, stopped: StopReason | undefined, dataBytes?: number): string {
  switch (verdict.kind) {
    case 'continue':
      return `a replica could attach here: partial resync accepted at offset ${verdict.offset}, without a fork.${newReplica(dataBytes)}`
    case 'permitted':
      return `a replica with these credentials may sync from here, but ${STOPPED[stopped ?? 'NO_BACKLOG']}${newReplica(dataBytes)}`
    case 'none':
      return `no refusal so far; ${STOPPED[stopped ?? 'ASKED_TO']}`
    case 'legacy':
      return 'under this name PSYNC is SYNC to the server: its RDB could be dumped, and nothing after it could be followed.'
    case 'full':
    case 'would-fork':
    case 'channel':
      if (stopped === 'AS_SYNC') return `no replica could follow from here by this name; ${STOPPED.AS_SYNC}`
      return stopped
        ? `a replica could attach here by full resync; ${STOPPED[stopped]}`
        : 'a replica could attach here: full resync started, and left before its RDB.'
  }
}

/** Our own position is the live end. A replica without data has none, and gets everything. */
function newReplica(dataBytes: number | undefined): string {
  return dataBytes === undefined ? '' : ` A new replica would get a full resync of about ${bytes(dataBytes)}.`
}

const GUARDS: Record<GuardName, string> = {
  'rdb-channel': 'a refused PSYNC would wait for a second connection (capa rdb-channel-repl)',
  'dual-channel': 'a refused PSYNC would wait for a second connection (capa dual-channel)',
  'diskless-delay': 'a refused PSYNC would wait for repl-diskless-sync-delay, and its RDB would be empty',
  'empty-rdb': 'none with these settings: a refused PSYNC would fork at once, but its RDB would be empty',
  none: 'none on this version: a refused PSYNC would fork at once',
}

export function describeGuard({ name, isCertain }: Guard): string {
  return isCertain ? GUARDS[name] : `${GUARDS[name]}, with the default settings (CONFIG could not be asked)`
}

const TRACES: Record<GuardName, string> = {
  'rdb-channel': 'sync_partial_err counts one more, and for a moment we are listed as a waiting replica.',
  'dual-channel': 'sync_partial_err counts one more, nothing else.',
  'diskless-delay': 'sync_full and sync_partial_err count one more, and for up to a second we are listed as a waiting replica.',
  'empty-rdb': 'a fork and an RDB without data; sync_full and sync_partial_err count one more.',
  none: 'a fork, and where repl-diskless-sync is off a new dump file; sync_full and sync_partial_err count one more.',
}

/** The traces of a refused PSYNC under each guard, as measured. */
export function describeTraces({ name }: Guard): string {
  return TRACES[name]
}

const WARNINGS: Record<WarningCode, string> = {
  DISK_BASED: 'repl-diskless-sync is off: the master writes its own dump file for this, and its last-save time moves.',
  STOP_WRITES_RISK:
    'save points and stop-writes-on-bgsave-error are on: should this BGSAVE fail, the master refuses all writes (-MISCONF).',
  LAST_BGSAVE_FAILED: 'the last BGSAVE of this master failed; this one, to the same disk, may fail too.',
  DISK_UNKNOWN:
    'it could not be asked whether the master writes this RDB to its disk first (that needs +config|get); a failure there can stop its writes.',
  MISCONF: 'the master refuses writes because its last save failed; a replica would not attach now.',
  MIN_REPLICAS:
    'min-replicas-to-write is set: while we follow, the master counts us as one of its good replicas, and may accept writes that it would refuse without us.',
  RATE_LIFTED:
    'the buffer in which the master keeps the commands behind this RDB has filled to a quarter of its limit, so --max-rate no longer holds: else the master would cut us off. Next time allow a higher rate, or a larger client-output-buffer-limit replica.',
  RATE_LIFTED_EARLY:
    'more than 1 MB of commands waits behind this RDB and more come, and the limit at which the master cuts us off is not known, so --max-rate no longer holds. Next time allow a higher rate, or grant +config|get.',
  RATE_LIMIT_UNKNOWN:
    'how much the master lets wait for us behind this RDB (client-output-buffer-limit replica) cannot be asked: --max-rate holds only until 1 MB waits and more comes. +config|get would show the limit.',
  RATE_UNWATCHED:
    'how much waits for us behind this RDB cannot be watched (that needs +info or +client|list, and a connection that holds), so --max-rate is not lifted: where more is written meanwhile than client-output-buffer-limit replica allows (256mb, or 64mb for 60 s, unless set otherwise), the master cuts us off.',
  NO_INFO: 'INFO could not be had, so the server’s version, position and cost are unknown.',
  INFO_LOST: 'the connection for INFO broke and could not be replaced, so the figures from INFO are incomplete.',
}

export function describeWarning(code: WarningCode): string {
  return WARNINGS[code]
}
