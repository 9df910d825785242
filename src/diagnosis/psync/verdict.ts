/** The result of a handshake in words, and the texts of warnings. */
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

const NO_OFFSET_KNOWN = 'so no offset is known that could be requested without a fork.'
const FORK_COUNTERS = 'total_forks in INFO shows whether it forked (up to 6.0: latest_fork_usec).'

const STOPPED: Record<StopReason, string> = {
  ASKED_TO: 'Stopped before PSYNC, as requested.',
  RENAMED: 'No PSYNC was sent: most servers treat a renamed PSYNC as SYNC and fork, whatever INFO promises. --allow-fork sends it.',
  NO_BACKLOG:
    'This server has no backlog: a PSYNC would fork, create one and change the replid. Checked without forking. --allow-fork goes further.',
  NO_INFO: `INFO is not available, ${NO_OFFSET_KNOWN} Grant +info if the right is missing, or use --allow-fork.`,
  NO_POSITION: `INFO shows no master_replid and no master_repl_offset, ${NO_OFFSET_KNOWN}`,
  NO_REPLID: `INFO shows no master_replid, ${NO_OFFSET_KNOWN}`,
  NO_OFFSET: `INFO shows no master_repl_offset, ${NO_OFFSET_KNOWN}`,
  CERTAIN: 'No PSYNC was sent: a replica without an offset always gets a full resync.',
  NO_GUARD: 'No PSYNC was sent: here a refused one forks the server. --allow-fork sends it.',
  GUARD_UNKNOWN: 'No PSYNC was sent: without +config|get it is unknown whether a refused one would fork. --allow-fork sends it.',
  NEAR_EDGE:
    'No PSYNC was sent: the backlog may lose this position before PSYNC arrives, and here a refused one forks the server. --allow-fork sends it.',
  PUT_OFF: 'PSYNC was sent without an offset, because this server could not serve replicas a moment before. Try again.',
  NEW_REPLID:
    'No PSYNC was sent: here a refused one starts a full resync, which creates a backlog and changes the replid. --allow-fork sends it.',
  LOST: 'No PSYNC was sent: the backlog no longer has the bytes after this offset.',
  WOULD_FORK: `INFO and PSYNC disagree: PSYNC was answered with a full resync that INFO did not predict, or the backlog lost the position in between. We disconnected at once. ${FORK_COUNTERS}`,
  AS_SYNC: `The server seems to treat PSYNC under this name as SYNC: it prepared a full resync although INFO promised a partial one. We disconnected at once. ${FORK_COUNTERS}`,
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

/** Whether a replica with these credentials could replicate. @returns the class of the failure, or undefined if it could */
export function judgeVerdict({ kind }: Verdict, stopped: StopReason | undefined): ErrorCode | undefined {
  if (stopped === 'PUT_OFF') return 'TRY_LATER'
  if (stopped === 'AS_SYNC' || kind === 'legacy') return 'NOT_SUPPORTED'
  return kind === 'none' && stopped !== 'ASKED_TO' ? 'FORK_NEEDED' : undefined
}

/** The answer of a handshake in one word. `unknown`: only a fork could show more. */
export function markOf(verdict: Verdict, stopped: StopReason | undefined): 'ok' | 'unknown' | 'later' | 'no' {
  switch (judgeVerdict(verdict, stopped)) {
    case undefined:
      // Stopped before PSYNC, as requested.
      return verdict.kind === 'none' ? 'unknown' : 'ok'
    case 'FORK_NEEDED':
      return 'unknown'
    case 'TRY_LATER':
      return 'later'
    default:
      return 'no'
  }
}

/** The result of a handshake: the sentence of its first line, and then the reasons. */
export interface HandshakeWords {
  readonly text: string
  readonly reasons: readonly string[]
}

/** @param dataBytes the memory of the server's data, if INFO shows it */
export function describeVerdict(verdict: Verdict, stopped: StopReason | undefined, dataBytes?: number): HandshakeWords {
  const why = stopped ? [STOPPED[stopped]] : []
  switch (verdict.kind) {
    case 'continue':
      return {
        text: `A replica could attach here: partial resync accepted at offset ${verdict.offset}, without a fork.`,
        reasons: newReplica(dataBytes),
      }
    case 'permitted':
      return { text: 'A replica with these credentials is allowed to sync from here.', reasons: [...why, ...newReplica(dataBytes)] }
    case 'none':
      return { text: STOPPED[stopped ?? 'ASKED_TO'], reasons: ['The server refused nothing so far.'] }
    case 'legacy':
      return {
        text: 'No replica can follow this server: it treats PSYNC under this name as SYNC.',
        reasons: ['Its RDB can be dumped, but the stream after it cannot be followed.'],
      }
    case 'full':
    case 'would-fork':
    case 'channel':
      if (stopped === 'AS_SYNC') return { text: 'No replica can follow this server by this name of PSYNC.', reasons: why }
      return {
        text: `A replica could attach here, by full resync${stopped ? '' : '. One was started, and we disconnected before its RDB'}.`,
        reasons: why,
      }
  }
}

/** We ask for the live end. A new replica has no data and no offset, so it gets everything. */
function newReplica(dataBytes: number | undefined): string[] {
  return dataBytes === undefined ? [] : [`A new replica would get a full resync of about ${bytes(dataBytes)}.`]
}

const GUARDS: Record<GuardName, string> = {
  'rdb-channel': 'Safe to ask: if this server refuses, it waits for a second connection instead of forking (capa rdb-channel-repl)',
  'dual-channel': 'Safe to ask: if this server refuses, it waits for a second connection instead of forking (capa dual-channel)',
  'diskless-delay':
    'Safe to ask: if this server refuses, it waits for repl-diskless-sync-delay before it forks, and its RDB would be empty',
  'empty-rdb': 'Not safe to ask with these settings: if this server refuses, it forks at once, for an empty RDB',
  none: 'Not safe to ask on this version: if this server refuses, it forks at once',
}

/** Whether a refused PSYNC would fork the server. */
export function describeGuard({ name, isCertain }: Guard): string {
  return isCertain ? GUARDS[name] : `${GUARDS[name]}. This assumes default settings, because CONFIG GET is not available`
}

const TRACES: Record<GuardName, string> = {
  'rdb-channel': 'sync_partial_err grows by one, and for a moment INFO lists us as a waiting replica.',
  'dual-channel': 'sync_partial_err grows by one.',
  'diskless-delay': 'sync_full and sync_partial_err grow by one, and for up to a second INFO lists us as a waiting replica.',
  'empty-rdb': 'one fork and an RDB without data; sync_full and sync_partial_err grow by one.',
  none: 'one fork, and with repl-diskless-sync off a new dump file; sync_full and sync_partial_err grow by one.',
}

/** The traces of a refused PSYNC under each guard, as measured. */
export function describeTraces({ name }: Guard): string {
  return TRACES[name]
}

const OUR_BUFFER = 'The output buffer for this connection on the master'

const WARNINGS: Record<WarningCode, string> = {
  DISK_BASED: 'repl-diskless-sync is off: the master first writes the RDB to its own dump file, and its last-save time changes.',
  STOP_WRITES_RISK: 'Save points and stop-writes-on-bgsave-error are on: if this BGSAVE fails, the master refuses all writes (-MISCONF).',
  LAST_BGSAVE_FAILED: 'The last BGSAVE of this master failed. This one writes to the same disk and may fail too.',
  DISK_UNKNOWN:
    'It is unknown whether the master first writes this RDB to its disk (needs +config|get). A save that fails there can stop its writes.',
  MISCONF: 'The master refuses writes because its last save failed. A real replica would not attach now.',
  MIN_REPLICAS:
    'min-replicas-to-write is set. While we are attached, the master counts us as a good replica, and may accept writes that it would otherwise refuse.',
  RATE_LIFTED: `${OUR_BUFFER} has reached a quarter of its limit. --max-rate no longer applies, because the master would disconnect us. Next time use a higher rate, or a larger client-output-buffer-limit replica.`,
  RATE_LIFTED_EARLY: `${OUR_BUFFER} holds more than 1 MB and grows, and its limit is unknown, so --max-rate no longer applies. Next time use a higher rate, or grant +config|get.`,
  RATE_LIMIT_UNKNOWN: `${OUR_BUFFER} has an unknown limit (client-output-buffer-limit replica). --max-rate applies only until the buffer holds 1 MB and grows. +config|get would show the limit.`,
  RATE_UNWATCHED: `${OUR_BUFFER} cannot be watched (needs +info or +client|list, and a connection that holds), so --max-rate always applies. If more is written meanwhile than client-output-buffer-limit replica allows (256mb, or 64mb for 60 s by default), the master disconnects us.`,
  NO_INFO: 'INFO is not available, so the version, the offset and the cost are unknown.',
  INFO_LOST: 'The connection for INFO broke and could not be replaced, so the figures from INFO are incomplete.',
}

export function describeWarning(code: WarningCode): string {
  return WARNINGS[code]
}
