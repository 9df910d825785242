/**
 * The project's only error class, with closed unions of its codes and reasons and the facts of each reason.
 * Errors carry facts, not sentences. diagnosis/errors/ turns the facts into what happened, what it means and what to do;
 * cli/ turns the code into an exit status. Facts never contain secrets.
 */

/** The class of a failure; it determines the exit status. */
export type ErrorCode =
  | 'EXPECTATION_FAILED'
  | 'USAGE'
  | 'MASTER_UNREACHABLE'
  | 'TLS_FAILED'
  | 'TIMEOUT'
  | 'AUTH_REQUIRED'
  | 'AUTH_FAILED'
  | 'NO_PERMISSION'
  | 'PROTOCOL'
  | 'NOT_SUPPORTED'
  | 'NOT_REDIS'
  | 'TRY_LATER'
  | 'LINK_LOST'
  | 'PAYLOAD_TRUNCATED'
  | 'PAYLOAD_CORRUPT'
  | 'PAYLOAD_INCOMPLETE'
  | 'OUTPUT_FAILED'
  | 'OUTPUT_EXISTS'
  | 'GAP'
  | 'FORK_NEEDED'
  | 'INTERNAL'
  | 'ABORTED'

/** Facts that any error may have. Callers add them with `with` as the error propagates. */
export interface Context {
  /** The address of the server, without credentials. */
  readonly endpoint?: string
  /** The replication state in which the failure happened (handshake/states.ts). */
  readonly state?: string
  /** The ACL user that we use; for a missing right. */
  readonly user?: string
  /** The command that the server answered, with secrets masked. */
  readonly command?: string
  /** A command that the server did not know, so that we sent another one: PSYNC, then SYNC. */
  readonly before?: string
  /** The service or proxy, if the server is not a plain Redis. */
  readonly provider?: ProviderName
  /** The file or folder that the run writes to, or `stdout`. */
  readonly path?: string
  /** Distinguishes stdout from a file of that name, and the file of --state from the output. */
  readonly output?: Output
  /** Bytes of the RDB received. */
  readonly bytes?: number
  /** The RDB length that the master announced. */
  readonly expectedBytes?: number
  /** The peak size observed for our output buffer on the master, in bytes. */
  readonly bufferBytes?: number
  /** The lowest limit of that buffer in bytes; 0 means no limit. */
  readonly bufferLimit?: number
  /** The CONFIG SET command that raises that limit. */
  readonly bufferCommand?: string
  /** The command line that explains the usage, for a usage error. */
  readonly help?: string
}

export type Output = 'FILE' | 'STDOUT' | 'STATE'

/** Services and proxies that accept no replicas, or none that use PSYNC. */
export type ProviderName =
  | 'DRAGONFLY'
  | 'KVROCKS'
  | 'GARNET'
  | 'ELASTICACHE'
  | 'MEMORYDB'
  | 'AMAZON'
  | 'UPSTASH'
  | 'CLUSTER_PROXY'
  | 'PREDIXY'
  | 'CODIS'
  | 'AZURE'
  | 'AZURE_MANAGED'
  | 'REDIS_CLOUD'
  | 'ALIBABA'
  | 'TAIR'
  | 'TENCENT'
  | 'ORACLE'
  | 'HUAWEI'
  | 'PIKA'
  | 'ENVOY'

/** Why the writes that a rejoin discards cannot be listed. */
type LostUnknown =
  | { readonly problem: 'NO_ANSWER' | 'NO_COMMON_HISTORY' | 'NO_BACKLOG' }
  /** Needed: the byte after `offset`. Kept: the bytes from `oldest` on. */
  | { readonly problem: 'OVERWRITTEN'; readonly offset: number; readonly oldest: number }

/** Another failure, recorded as a fact of an error. */
export interface Failure {
  readonly code: ErrorCode
  readonly details: Details
}

/** The server's own words, as received. */
interface Reply {
  readonly reply: string
}

/** An error code of the system (such as ENOSPC) or of OpenSSL. */
interface Errno {
  readonly errno: string
}

interface Path {
  readonly path: string
}

/** The temporary name of an output that is complete, and that is kept although it could not get its own name. */
interface Kept {
  readonly part: string
}

/** The timeout that expired. */
interface Limit {
  readonly limitMs: number
}

/** What a server sent before the timeout: only newlines, or a part of a reply. */
export type Incomplete = 'NEWLINES' | 'REPLY'

/** The name that the server gives a renamed command. */
interface OwnName {
  readonly command: string
}

/** The server's certificate was rejected. Without a certificate its facts are `unknown`. */
interface Distrust extends Errno {
  readonly serverName: string
}

/** The bytes that a master copies into our output buffer for a partial resync, and the lower limit of that buffer if CONFIG GET shows it. */
interface Copied {
  readonly rangeBytes: number
  readonly limitBytes?: number
}

/** A client-output-buffer-limit that is large enough. */
interface BufferAdvice {
  readonly limitClass: 'replica' | 'slave'
  readonly hardMb: number
  readonly softMb: number
}

/** The position for which INFO promised a partial resync, and PSYNC got a full one. */
interface NotGranted {
  readonly offset: number
  readonly replid: string
}

/** The position at which a history could not be resumed. */
interface Gap {
  /** The last byte received, as INFO counts offsets. */
  readonly offset: number
  readonly replid: string
  /** How far the next byte is outside the range that the server has. */
  readonly distanceBytes?: number
  /** The value of --on-gap. */
  readonly onGap: 'fail' | 'skip' | 'resync'
}

interface Unreadable extends Errno {
  readonly problem: 'UNREADABLE'
}

export type TargetHint =
  | { readonly hint: 'SOCKET_QUERY' }
  | { readonly hint: 'DATABASE' }
  | { readonly hint: 'V6_PORT'; readonly address: string; readonly port: string }
  | { readonly hint: 'MASTER_NAME'; readonly sentinels: string }

export type PassFileProblem = Unreadable | { readonly problem: 'EMPTY' }

export type StateFileProblem =
  | Unreadable
  | (Errno & { readonly problem: 'UNWRITABLE' })
  | { readonly problem: 'OTHER'; readonly schema: string }

export type TlsFileProblem =
  | Unreadable
  | { readonly problem: 'NO_CERTIFICATE' | 'BROKEN_CERTIFICATE' | 'NOTHING_IN_FILE' | 'NOTHING_IN_FOLDER' }
  | { readonly problem: 'NO_KEY' | 'ENCRYPTED_KEY' }
  | { readonly problem: 'OTHER_KEY'; readonly certificate: string }

export type ConfigFileProblem =
  | Unreadable
  | { readonly problem: 'NOT_TOML'; readonly line?: number; readonly column?: number }
  | { readonly problem: 'OUTSIDE_OF_TABLES'; readonly key: string }
  | { readonly problem: 'PROFILES_NOT_A_TABLE' }
  | { readonly problem: 'NOT_A_TABLE'; readonly table: string }
  | { readonly problem: 'UNKNOWN_SETTING'; readonly setting: string; readonly nearest?: string }
  | { readonly problem: SettingProblem; readonly setting: string }

export type SettingProblem = 'COMMAND_LINE_ONLY' | 'NOT_A_VALUE' | 'IS_A_SWITCH' | 'IS_NO_SWITCH' | 'TAKES_ONE_VALUE'

/** Why lag cannot be measured against a master. */
export type MasterLoss =
  | { readonly trouble: 'FAILED'; readonly failure: Failure }
  | { readonly trouble: 'SILENT'; readonly silentMs: number }
  | { readonly trouble: 'LOADING'; readonly etaSeconds?: number }
  | { readonly trouble: 'IS_REPLICA' | 'NO_OFFSET' }

/** The fields of a position that INFO does not show. */
export type MissingField = 'REPLID' | 'OFFSET' | 'BOTH' | 'REPLICA_OFFSET'

/** First and last slot of each range. */
type SlotRanges = readonly (readonly [first: number, last: number])[]

type None = Readonly<Record<never, never>>

/** Each reason for a failure, with the facts that its sentences need (diagnosis/errors/). */
export interface ReasonFacts {
  // EXPECTATION_FAILED
  EXPECTATION_FAILED: { readonly expected: string; readonly answer: string }
  SHARDS_DIFFER: None
  // USAGE
  /** @property problem what is wrong with the command line, as a sentence without its full stop */
  FLAGS: { readonly problem: string }
  BAD_TARGET: { readonly target: string } & (TargetHint | { readonly hint?: never })
  PASS_FILE: Path & PassFileProblem
  STATE_FILE: Path & StateFileProblem
  CONFIG_FILE: Path & ConfigFileProblem
  /** @property option the flag or environment variable that names the file */
  TLS_FILE: Path & { readonly option: string } & TlsFileProblem
  TLS_CIPHERS: Errno
  TERMINAL: None
  NO_ZSTD: { readonly nodeVersion: string }
  /** The server is a node of a cluster and does not hold all slots. Both facts are absent if the node does not show them. */
  ONE_SHARD: { readonly slots?: SlotRanges; readonly shards?: number }
  /** The Sentinels know no master of this name. */
  SENTINEL_NAME: { readonly masterName: string }
  // MASTER_UNREACHABLE
  CONNECTION_REFUSED: Errno
  SOCKET_REFUSED: Errno
  UNKNOWN_HOST: Errno
  WRONG_FAMILY: { readonly family: 4 | 6 }
  NO_SOCKET: Errno
  SOCKET_DENIED: Errno
  UNREACHABLE: Errno
  SENTINELS: { readonly failures: readonly Failure[] }
  /** The address that a replica gives for its master leads to another server. */
  NOT_ITS_MASTER: { readonly replica: string; readonly link: 'up' | 'down' }
  /** The address of a replica in its master's list leads to another server. */
  NOT_THE_REPLICA: { readonly master: string }
  /** A master lists several replicas at one address. */
  SHARED_ADDRESS: { readonly master: string }
  /** If it has a failure, its code is that failure's code. */
  MASTER_LOST: MasterLoss & { readonly answered?: 'BEFORE' }
  // TLS_FAILED
  CERT_UNTRUSTED: Distrust & { readonly issuer: string }
  CERT_EXPIRED: Distrust & { readonly validTo: string }
  CERT_NOT_YET_VALID: Distrust & { readonly validFrom: string }
  CERT_NAME: Distrust & { readonly names: string }
  CLIENT_CERT_MISSING: Errno
  CLIENT_CERT_REFUSED: Errno
  CLEAR_TEXT: None
  NOT_TLS: Errno
  TLS_SILENT: Limit
  TLS_CLOSED: Errno
  TLS_VERSION: Errno
  SERVER_NAME: Errno
  TLS_OTHER: Errno
  // TIMEOUT
  CONNECT: Limit
  LOOKUP: Limit
  SILENCE: Limit & { readonly incomplete?: Incomplete }
  LATE: None
  NOT_FOLLOWED: Limit
  // AUTH_REQUIRED, AUTH_FAILED, NO_PERMISSION
  NOAUTH: Reply
  SENTINEL_NOAUTH: Reply
  WRONGPASS: Reply
  SENTINEL_WRONGPASS: Reply
  NO_PASSWORD_SET: Reply
  NO_USERS: Reply
  NOPERM: Reply
  SENTINEL_NOPERM: Reply
  PROTECTED_MODE: Reply
  // PROTOCOL
  LINE_TOO_LONG: { readonly limitBytes: number }
  PAYLOAD_HEADER: Reply
  PSYNC_REPLY: Reply
  /** PSYNC was answered by a kind of sync that we did not ask for. */
  PSYNC_VERDICT: { readonly verdict: string }
  NOT_A_STATUS: Reply
  NOT_RESP: Reply
  REPLY_TOO_LARGE: None
  STREAM: Reply & { readonly offset: number }
  // NOT_SUPPORTED
  UNKNOWN_COMMAND: Reply
  /** The server knows the command, and blocks it for this client or for all. */
  COMMAND_BLOCKED: Reply
  COMMAND_REFUSED: Reply
  /** Absent if it is not known. */
  NO_POSITION: { readonly missing?: MissingField }
  /** The provider in its context has its own replication protocol. */
  OWN_PROTOCOL: { readonly provider: ProviderName }
  /** @property masterNames the masters that it watches; absent if we did not ask */
  SENTINEL: { readonly masterNames?: readonly string[] }
  NO_SENTINEL: Reply
  CIRCLE: None
  /** The run IDs of two servers that one address led to; empty if INFO does not show it. */
  SEVERAL_SERVERS: { readonly runId: string; readonly otherRunId: string }
  NO_CLUSTER: Reply
  AS_SYNC: OwnName
  NOT_GRANTED: NotGranted
  MARKER_KEY_TAKEN: { readonly key: string }
  MARKER_IN_CLUSTER: None
  // NOT_REDIS
  HTTP: Reply
  SSH: Reply
  SMTP_OR_FTP: Reply
  MEMCACHED: Reply
  OTHER_SERVICE: Reply
  TLS: Partial<Reply>
  // TRY_LATER
  LOADING: Reply
  /** A replica. It sends PSYNC only after it has loaded. */
  REPLICA_LOADING: { readonly etaSeconds?: number }
  FAILOVER: Reply
  NOMASTERLINK: Reply
  MASTERDOWN: Reply
  BUSY: Reply
  MISCONF: Reply
  MAX_CLIENTS: Reply
  NOT_SERVING: { readonly obstacle: 'LOADING' | 'NOMASTERLINK' | 'FAILOVER' }
  REPLICA_LAGS: None
  NOT_MASTER: { readonly role: string }
  /**
   * The server at an announced address does not have the announced run ID or node ID.
   * @property foundId empty if it is not a cluster node
   */
  NOT_ANNOUNCED: { readonly by: 'SENTINEL' | 'CLUSTER'; readonly expectedId: string; readonly foundId: string }
  CLUSTER_SLOTS: { readonly missingSlots: number }
  CLUSTER_MASTER: { readonly slot: number }
  /** @property slots empty if the server does not say which */
  CLUSTER_MOVING: { readonly slots: SlotRanges }
  CLUSTER_CHANGED: None
  SHARD_GONE: None
  SENTINEL_UNRESOLVED: { readonly masterName: string }
  /** @property address as the Sentinel gave it */
  SENTINEL_ADDRESS: { readonly masterName: string; readonly address: string }
  SENTINEL_UNSURE: Reply
  /** The Sentinels name different servers, and each of these has the role of a master. */
  SEVERAL_MASTERS: { readonly masterName: string; readonly masters: readonly string[] }
  NO_ADDRESS: None
  // LINK_LOST
  CLOSED: None
  RESET: Errno
  STREAM_CUT: None
  NO_PAYLOAD: None
  SYNC_ABORTED: Reply
  BGSAVE_FAILED: Reply
  STREAM_ENDED: None
  LOOK_BACK_CUT: Copied
  OUTPUT_BUFFER: Copied & BufferAdvice
  SILENT: { readonly silentMs: number; readonly infoFailure?: Failure }
  SHUTDOWN: None
  MOVED: None
  // PAYLOAD_TRUNCATED, PAYLOAD_CORRUPT
  PAYLOAD_TRUNCATED: { readonly bytes: number; readonly cutBy: Failure }
  MAGIC: Partial<Reply>
  TRAILER: { readonly bytes: number }
  CHECKSUM: { readonly bytes: number }
  // PAYLOAD_INCOMPLETE
  /** @property db absent: in all databases together */
  KEYS_MISSING: { readonly rdbKeys: number; readonly infoKeys: number; readonly db?: number }
  RDB_TOO_OLD: { readonly offset: number; readonly infoOffset: number }
  // OUTPUT_FAILED, OUTPUT_EXISTS
  WRITE: Path & Errno & { readonly output: Output }
  NO_SPACE: Path & { readonly freeBytes: number; readonly neededBytes: number }
  /** @property address where --listen was to serve */
  LISTEN: Errno & { readonly address: string; readonly port: number }
  NOT_A_FILE: Path
  NOT_A_FOLDER: Path
  NOT_A_DUMP: Path & Partial<Kept>
  NOT_NAMED: Path & Errno & Kept
  SPOOL: Errno
  SPOOL_FULL: { readonly spooledBytes: number }
  OUTPUT_EXISTS: Path & Partial<Kept>
  // FORK_NEEDED
  /** The user's command line with the flag that permits the fork. */
  NO_BACKLOG: { readonly forkCommand?: string }
  /** PSYNC has another name there, and most servers take that for SYNC. */
  RENAMED: OwnName
  // GAP
  OTHER_HISTORY: Gap
  BACKLOG_GONE: Gap
  TOO_OLD: Gap
  AHEAD: Gap
  PAST_FORK: Gap
  DIVERGED: Gap
  LOST_UNKNOWN: LostUnknown
  LOST: Gap
  CONTRADICTED: Gap
  // INTERNAL, ABORTED
  INTERNAL: { readonly message: string }
  /** @property signal what stopped the run, for example SIGINT */
  ABORTED: { readonly signal: string }
}

export type Reason = keyof ReasonFacts

export const REASONS = {
  EXPECTATION_FAILED: ['EXPECTATION_FAILED', 'SHARDS_DIFFER'],
  USAGE: [
    'FLAGS',
    'BAD_TARGET',
    'PASS_FILE',
    'STATE_FILE',
    'CONFIG_FILE',
    'TLS_FILE',
    'TLS_CIPHERS',
    'TERMINAL',
    'NO_ZSTD',
    'ONE_SHARD',
    'SENTINEL_NAME',
  ],
  MASTER_UNREACHABLE: [
    'CONNECTION_REFUSED',
    'SOCKET_REFUSED',
    'UNKNOWN_HOST',
    'WRONG_FAMILY',
    'NO_SOCKET',
    'SOCKET_DENIED',
    'UNREACHABLE',
    'SENTINELS',
    'MASTER_LOST',
    'NOT_ITS_MASTER',
    'NOT_THE_REPLICA',
    'SHARED_ADDRESS',
  ],
  TLS_FAILED: [
    'CERT_UNTRUSTED',
    'CERT_EXPIRED',
    'CERT_NOT_YET_VALID',
    'CERT_NAME',
    'CLIENT_CERT_MISSING',
    'CLIENT_CERT_REFUSED',
    'CLEAR_TEXT',
    'NOT_TLS',
    'TLS_SILENT',
    'TLS_CLOSED',
    'TLS_VERSION',
    'SERVER_NAME',
    'TLS_OTHER',
  ],
  TIMEOUT: ['CONNECT', 'LOOKUP', 'SILENCE', 'LATE', 'NOT_FOLLOWED'],
  AUTH_REQUIRED: ['NOAUTH', 'SENTINEL_NOAUTH'],
  AUTH_FAILED: ['WRONGPASS', 'SENTINEL_WRONGPASS', 'NO_PASSWORD_SET', 'NO_USERS'],
  NO_PERMISSION: ['NOPERM', 'SENTINEL_NOPERM', 'PROTECTED_MODE'],
  PROTOCOL: ['LINE_TOO_LONG', 'PAYLOAD_HEADER', 'PSYNC_REPLY', 'PSYNC_VERDICT', 'NOT_A_STATUS', 'NOT_RESP', 'REPLY_TOO_LARGE', 'STREAM'],
  NOT_SUPPORTED: [
    'UNKNOWN_COMMAND',
    'COMMAND_BLOCKED',
    'COMMAND_REFUSED',
    'NO_POSITION',
    'OWN_PROTOCOL',
    'SENTINEL',
    'NO_SENTINEL',
    'CIRCLE',
    'SEVERAL_SERVERS',
    'NO_CLUSTER',
    'AS_SYNC',
    'NOT_GRANTED',
    'MARKER_KEY_TAKEN',
    'MARKER_IN_CLUSTER',
  ],
  NOT_REDIS: ['HTTP', 'SSH', 'SMTP_OR_FTP', 'MEMCACHED', 'TLS', 'OTHER_SERVICE'],
  TRY_LATER: [
    'LOADING',
    'REPLICA_LOADING',
    'FAILOVER',
    'NOMASTERLINK',
    'MASTERDOWN',
    'BUSY',
    'MISCONF',
    'MAX_CLIENTS',
    'NOT_SERVING',
    'REPLICA_LAGS',
    'NOT_MASTER',
    'NOT_ANNOUNCED',
    'CLUSTER_SLOTS',
    'CLUSTER_MASTER',
    'CLUSTER_MOVING',
    'CLUSTER_CHANGED',
    'SHARD_GONE',
    'SENTINEL_UNRESOLVED',
    'SENTINEL_ADDRESS',
    'SENTINEL_UNSURE',
    'SEVERAL_MASTERS',
    'NO_ADDRESS',
  ],
  LINK_LOST: [
    'CLOSED',
    'RESET',
    'STREAM_CUT',
    'NO_PAYLOAD',
    'SYNC_ABORTED',
    'BGSAVE_FAILED',
    'STREAM_ENDED',
    'LOOK_BACK_CUT',
    'OUTPUT_BUFFER',
    'SILENT',
    'SHUTDOWN',
    'MOVED',
  ],
  PAYLOAD_TRUNCATED: ['PAYLOAD_TRUNCATED'],
  PAYLOAD_CORRUPT: ['MAGIC', 'TRAILER', 'CHECKSUM'],
  PAYLOAD_INCOMPLETE: ['KEYS_MISSING', 'RDB_TOO_OLD'],
  OUTPUT_FAILED: ['WRITE', 'LISTEN', 'NO_SPACE', 'NOT_A_FILE', 'NOT_A_FOLDER', 'NOT_A_DUMP', 'NOT_NAMED', 'SPOOL', 'SPOOL_FULL'],
  OUTPUT_EXISTS: ['OUTPUT_EXISTS'],
  GAP: ['OTHER_HISTORY', 'BACKLOG_GONE', 'TOO_OLD', 'AHEAD', 'PAST_FORK', 'DIVERGED', 'LOST', 'CONTRADICTED', 'LOST_UNKNOWN'],
  FORK_NEEDED: ['NO_BACKLOG', 'RENAMED'],
  INTERNAL: ['INTERNAL'],
  ABORTED: ['ABORTED'],
} as const satisfies Record<ErrorCode, readonly Reason[]>

type ListedReason = (typeof REASONS)[ErrorCode][number]

/** Does not compile if REASONS misses a reason of ReasonFacts. */
const CODES: Record<Reason, ErrorCode> = Object.fromEntries(
  Object.entries(REASONS).flatMap(([code, reasons]) => reasons.map((reason) => [reason, code])),
) as Record<ListedReason, ErrorCode>

/** A reason with its facts, and the context that callers added. */
export type Details = { readonly [R in Reason]: { readonly reason: R } & ReasonFacts[R] & Context }[Reason]

/** The facts that every reason in R needs. */
type FactsOf<R extends Reason> = (R extends Reason ? (facts: ReasonFacts[R]) => void : never) extends (facts: infer F) => void ? F : never

type ErrorArguments<R extends Reason> =
  None extends FactsOf<R> ? [facts?: FactsOf<R> & Context, cause?: unknown] : [facts: FactsOf<R> & Context, cause?: unknown]

function codeOfLoss(loss: MasterLoss): ErrorCode {
  if (loss.trouble === 'FAILED') return loss.failure.code
  return loss.trouble === 'LOADING' ? 'TRY_LATER' : 'MASTER_UNREACHABLE'
}

/** R ties the facts to the reason in the constructor. No property depends on R, so plain ReplError covers every reason. */
export class ReplError<R extends Reason = Reason> extends Error implements Failure {
  readonly code: ErrorCode
  readonly details: Details

  constructor(reason: R, ...[facts, cause]: ErrorArguments<R>) {
    const details = { reason, ...facts } as Details
    const code = details.reason === 'MASTER_LOST' ? codeOfLoss(details) : CODES[reason]
    super(reason === code ? code : `${code} (${reason})`, cause === undefined ? undefined : { cause })
    this.name = 'ReplError'
    this.code = code
    this.details = details
  }

  /** A copy with more facts. Existing facts win, because they were added closer to the cause. */
  with(context: Context): ReplError {
    return fromFailure({ details: { ...context, ...this.details } }, this.cause)
  }

  /** For use as a fact of another error. */
  toFailure(): Failure {
    return { code: this.code, details: this.details }
  }
}

/** The reverse of `toFailure`. */
export function fromFailure({ details }: Pick<Failure, 'details'>, cause?: unknown): ReplError {
  const { reason, ...facts } = details
  return new (ReplError as new (reason: Reason, facts: object, cause: unknown) => ReplError)(reason, facts, cause)
}

/** @param problem what is wrong with the user's input, as a sentence without its full stop */
export function usageError(problem: string): ReplError {
  return new ReplError('FLAGS', { problem })
}

/**
 * The error for work that an AbortSignal stopped. The abort reason is a string such as SIGINT.
 * @returns ABORTED, or INTERNAL if the signal is not aborted
 */
export function abortError({ aborted, reason }: AbortSignal): ReplError {
  if (!aborted) return new ReplError('INTERNAL', { message: 'stopped without a signal' })
  return new ReplError('ABORTED', { signal: typeof reason === 'string' ? reason : 'unknown' })
}

/** @throws ReplError ABORTED */
export function stopIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw abortError(signal)
}

/** For a promise that is awaited later, where its rejection is thrown. Until then it counts as handled. */
export function awaitedLater<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

/** For catch blocks that handle a ReplError. Any other error is a bug and is rethrown. */
export function expectReplError(error: unknown): ReplError {
  if (error instanceof ReplError) return error
  throw error
}

/** For catch blocks that ignore a ReplError. Any other error is a bug and is rethrown. */
export function ignoreFailure(error: unknown): undefined {
  expectReplError(error)
}

/** Returns a ReplError unchanged, and wraps anything else as INTERNAL. */
export function replErrorOf(error: unknown): ReplError {
  if (error instanceof ReplError) return error
  return new ReplError('INTERNAL', { message: error instanceof Error ? error.message : String(error) }, error)
}

/** The system error code of a failed call, or UNKNOWN. */
export function errnoOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? 'UNKNOWN'
}
