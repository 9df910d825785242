/**
 * The one error class of the project, its closed union of codes, and its closed union of reasons with the facts of each.
 * An error carries facts, no sentences: diagnosis/errors/ turns them into what happened, what it means and what to do,
 * and cli/ turns the code into an exit status. Secrets never enter the facts.
 */

/** The class of a failure; it decides the exit status. */
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
  | 'OUTPUT_FAILED'
  | 'OUTPUT_EXISTS'
  | 'GAP'
  | 'INTERNAL'
  | 'ABORTED'

/** Facts that any error may have. They are added on the way up, by `with`. */
export interface Context {
  /** The server, or the way to it, without credentials. */
  readonly endpoint?: string
  /** The replication state in which it happened (handshake/states.ts). */
  readonly state?: string
  /** The command that the server answered, secrets masked. */
  readonly command?: string
  /** The command that the server did not know before that one. */
  readonly before?: string
  /** What the server is, where it is more than a plain Redis. */
  readonly provider?: ProviderName
  /** The name of the file or folder that the run writes to, or `stdout`. */
  readonly path?: string
  /** What that is: a file may be called stdout. */
  readonly output?: Output
  /** How much of the RDB was received. */
  readonly bytes?: number
  /** How long the RDB was announced to be. */
  readonly expectedBytes?: number
  /** The most that our output buffer on the master was seen to hold. */
  readonly bufferBytes?: number
  /** The lowest limit of that buffer in bytes; 0 is none. */
  readonly bufferLimit?: number
}

export type Output = 'FILE' | 'STDOUT'

/** Services and proxies that let no replica in, or not by PSYNC. */
export type ProviderName =
  | 'DRAGONFLY'
  | 'KVROCKS'
  | 'GARNET'
  | 'ELASTICACHE'
  | 'AMAZON'
  | 'UPSTASH'
  | 'CLUSTER_PROXY'
  | 'PREDIXY'
  | 'AZURE'
  | 'HUAWEI'
  | 'PIKA'
  | 'ENVOY'

/** The failure of something else, as a fact of an error. */
export interface Failure {
  readonly code: ErrorCode
  readonly details: Details
}

/** The server's own words, as received. */
interface Reply {
  readonly reply: string
}

/** A system error code such as ENOSPC, or that of OpenSSL. */
interface Errno {
  readonly errno: string
}

interface Path {
  readonly path: string
}

/** How long something was waited for. */
interface Limit {
  readonly limitMs: number
}

/** The command has its own name on this server. */
interface OwnName {
  readonly command: string
}

/** The certificate of the server; without one its facts are `unknown`. */
interface Distrust extends Errno {
  readonly serverName: string
}

/** Where a history could not be continued. */
interface Gap {
  /** The last byte that was received, counted as INFO counts. */
  readonly offset: number
  readonly replid: string
  /** How far the next byte lies outside of what the server has. */
  readonly distanceBytes?: number
  /** What was to be done at a gap. */
  readonly onGap: 'fail' | 'skip' | 'resync'
}

interface Unreadable extends Errno {
  readonly problem: 'UNREADABLE'
}

export type TargetHint =
  | { readonly hint: 'SOCKET_QUERY' }
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
  | { readonly problem: SettingProblem; readonly setting: string }

export type SettingProblem = 'UNKNOWN_SETTING' | 'COMMAND_LINE_ONLY' | 'NOT_A_VALUE' | 'IS_A_SWITCH' | 'IS_NO_SWITCH' | 'TAKES_ONE_VALUE'

/** Why a master cannot be measured against. */
export type Loss =
  | { readonly trouble: 'FAILED'; readonly failure: Failure }
  | { readonly trouble: 'SILENT'; readonly silentMs: number }
  | { readonly trouble: 'IS_REPLICA' | 'NO_OFFSET' }

type None = Readonly<Record<never, never>>

/** Each reason for a failure, with the facts that its sentences need (diagnosis/errors/). */
export interface ReasonFacts {
  // EXPECTATION_FAILED
  EXPECTATION_FAILED: { readonly expected: string; readonly answer: string }
  SHARDS_DIFFER: None
  // USAGE
  /** @property problem what cannot be used of the command line, as a sentence without its full stop */
  FLAGS: { readonly problem: string }
  BAD_TARGET: { readonly target: string } & (TargetHint | { readonly hint?: never })
  PASS_FILE: Path & PassFileProblem
  STATE_FILE: Path & StateFileProblem
  CONFIG_FILE: Path & ConfigFileProblem
  TLS_FILE: Path & TlsFileProblem
  TLS_CIPHERS: Errno
  TERMINAL: None
  // MASTER_UNREACHABLE
  CONNECTION_REFUSED: Errno
  SOCKET_REFUSED: Errno
  UNKNOWN_HOST: Errno
  WRONG_FAMILY: { readonly family: 4 | 6 }
  NO_SOCKET: Errno
  SOCKET_DENIED: Errno
  UNREACHABLE: Errno
  SENTINELS: { readonly failures: readonly Failure[] }
  /** Its code is that of its failure, where there is one. */
  MASTER_LOST: Loss
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
  SILENCE: Limit
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
  /** PSYNC was answered by a sync that was not asked for. */
  PSYNC_VERDICT: { readonly verdict: string }
  NOT_A_STATUS: Reply
  NOT_RESP: Reply
  REPLY_TOO_LARGE: None
  STREAM: Reply & { readonly offset: number }
  // NOT_SUPPORTED
  UNKNOWN_COMMAND: Reply
  COMMAND_REFUSED: Reply
  NO_POSITION: None
  SENTINEL: None
  NO_SENTINEL: Reply
  SENTINEL_NAME: { readonly masterName: string }
  CIRCLE: None
  NO_CLUSTER: Reply
  NO_BACKLOG: None
  RENAMED: OwnName
  AS_SYNC: OwnName
  MARKER_KEY_TAKEN: { readonly key: string }
  MARKER_IN_CLUSTER: None
  NO_ZSTD: { readonly nodeVersion: string }
  // NOT_REDIS
  HTTP: Reply
  SSH: Reply
  SMTP_OR_FTP: Reply
  MEMCACHED: Reply
  TLS: Partial<Reply>
  // TRY_LATER
  LOADING: Reply
  FAILOVER: Reply
  NOMASTERLINK: Reply
  MASTERDOWN: Reply
  BUSY: Reply
  MISCONF: Reply
  MAX_CLIENTS: Reply
  NOT_SERVING: { readonly obstacle: 'LOADING' | 'NOMASTERLINK' | 'FAILOVER' }
  BEHIND_US: None
  NOT_MASTER: { readonly role: string }
  CLUSTER_SLOTS: { readonly missingSlots: number }
  CLUSTER_MASTER: { readonly slot: number }
  CLUSTER_MOVING: { readonly slots: readonly number[] }
  CLUSTER_CHANGED: None
  SHARD_GONE: None
  // LINK_LOST
  CLOSED: None
  RESET: Errno
  STREAM_CUT: None
  NO_PAYLOAD: None
  SYNC_ABORTED: Reply
  BGSAVE_FAILED: Reply
  STREAM_ENDED: None
  SILENT: { readonly silentMs: number; readonly infoFailure?: Failure }
  SHUTDOWN: None
  MOVED: None
  // PAYLOAD_TRUNCATED, PAYLOAD_CORRUPT
  PAYLOAD_TRUNCATED: { readonly bytes: number; readonly cutBy: Failure }
  MAGIC: Partial<Reply>
  TRAILER: { readonly bytes: number }
  CHECKSUM: { readonly bytes: number }
  // OUTPUT_FAILED, OUTPUT_EXISTS
  WRITE: Path & Errno & { readonly output: Output }
  NO_SPACE: Path & { readonly freeBytes: number; readonly neededBytes: number }
  NOT_A_FILE: Path
  NOT_A_FOLDER: Path
  NOT_A_DUMP: Path
  SPOOL: Errno
  SPOOL_FULL: { readonly spooledBytes: number }
  OUTPUT_EXISTS: Path
  // GAP
  OTHER_HISTORY: Gap
  BACKLOG_GONE: Gap
  TOO_OLD: Gap
  AHEAD: Gap
  PAST_FORK: Gap
  DIVERGED: Gap
  LOST: Gap
  // INTERNAL, ABORTED
  INTERNAL: { readonly message: string }
  /** @property signal what stopped the run, such as SIGINT */
  ABORTED: { readonly signal: string }
}

export type Reason = keyof ReasonFacts

export const REASONS = {
  EXPECTATION_FAILED: ['EXPECTATION_FAILED', 'SHARDS_DIFFER'],
  USAGE: ['FLAGS', 'BAD_TARGET', 'PASS_FILE', 'STATE_FILE', 'CONFIG_FILE', 'TLS_FILE', 'TLS_CIPHERS', 'TERMINAL'],
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
    'COMMAND_REFUSED',
    'NO_POSITION',
    'SENTINEL',
    'NO_SENTINEL',
    'SENTINEL_NAME',
    'CIRCLE',
    'NO_CLUSTER',
    'NO_BACKLOG',
    'RENAMED',
    'AS_SYNC',
    'MARKER_KEY_TAKEN',
    'MARKER_IN_CLUSTER',
    'NO_ZSTD',
  ],
  NOT_REDIS: ['HTTP', 'SSH', 'SMTP_OR_FTP', 'MEMCACHED', 'TLS'],
  TRY_LATER: [
    'LOADING',
    'FAILOVER',
    'NOMASTERLINK',
    'MASTERDOWN',
    'BUSY',
    'MISCONF',
    'MAX_CLIENTS',
    'NOT_SERVING',
    'BEHIND_US',
    'NOT_MASTER',
    'CLUSTER_SLOTS',
    'CLUSTER_MASTER',
    'CLUSTER_MOVING',
    'CLUSTER_CHANGED',
    'SHARD_GONE',
  ],
  LINK_LOST: [
    'CLOSED',
    'RESET',
    'STREAM_CUT',
    'NO_PAYLOAD',
    'SYNC_ABORTED',
    'BGSAVE_FAILED',
    'STREAM_ENDED',
    'SILENT',
    'SHUTDOWN',
    'MOVED',
  ],
  PAYLOAD_TRUNCATED: ['PAYLOAD_TRUNCATED'],
  PAYLOAD_CORRUPT: ['MAGIC', 'TRAILER', 'CHECKSUM'],
  OUTPUT_FAILED: ['WRITE', 'NO_SPACE', 'NOT_A_FILE', 'NOT_A_FOLDER', 'NOT_A_DUMP', 'SPOOL', 'SPOOL_FULL'],
  OUTPUT_EXISTS: ['OUTPUT_EXISTS'],
  GAP: ['OTHER_HISTORY', 'BACKLOG_GONE', 'TOO_OLD', 'AHEAD', 'PAST_FORK', 'DIVERGED', 'LOST'],
  INTERNAL: ['INTERNAL'],
  ABORTED: ['ABORTED'],
} as const satisfies Record<ErrorCode, readonly Reason[]>

type Listed = (typeof REASONS)[ErrorCode][number]

/** Does not compile while a reason of ReasonFacts is listed under no code. */
const CODES: Record<Reason, ErrorCode> = Object.fromEntries(
  Object.entries(REASONS).flatMap(([code, reasons]) => reasons.map((reason) => [reason, code])),
) as Record<Listed, ErrorCode>

/** A reason and its facts, and what was added on the way up. */
export type Details = { readonly [R in Reason]: { readonly reason: R } & ReasonFacts[R] & Context }[Reason]

/** For one of several reasons, the facts that all of them need. */
type FactsOf<R extends Reason> = (R extends Reason ? (facts: ReasonFacts[R]) => void : never) extends (facts: infer F) => void ? F : never

type Given<R extends Reason> =
  None extends FactsOf<R> ? [facts?: FactsOf<R> & Context, cause?: unknown] : [facts: FactsOf<R> & Context, cause?: unknown]

/** R ties the facts to the reason where an error is made; no property depends on it, so ReplError alone means any of them. */
export class ReplError<R extends Reason = Reason> extends Error implements Failure {
  readonly code: ErrorCode
  readonly details: Details

  constructor(reason: R, ...[facts, cause]: Given<R>) {
    const details = { reason, ...facts } as Details
    const code = details.reason === 'MASTER_LOST' && details.trouble === 'FAILED' ? details.failure.code : CODES[reason]
    super(reason === code ? code : `${code} (${reason})`, cause === undefined ? undefined : { cause })
    this.name = 'ReplError'
    this.code = code
    this.details = details
  }

  /** The same error with more facts; the facts it has already win, since they were nearer to the cause. */
  with(context: Context): ReplError {
    return errorOf({ details: { ...context, ...this.details } }, this.cause)
  }

  /** As a fact of another error. */
  asFact(): Failure {
    return { code: this.code, details: this.details }
  }
}

/** The error again that a fact was made of. */
export function errorOf({ details }: Pick<Failure, 'details'>, cause?: unknown): ReplError {
  const { reason, ...facts } = details
  return new (ReplError as new (reason: Reason, facts: object, cause: unknown) => ReplError)(reason, facts, cause)
}

/** @param problem what of the user's words cannot be used, as a sentence without its full stop */
export function usageError(problem: string): ReplError {
  return new ReplError('FLAGS', { problem })
}

/**
 * The end of whatever a signal has stopped. Signals are aborted with a word for what did it, such as SIGINT; ABORTED is never made
 * without one that is.
 */
export function abortedBy({ aborted, reason }: AbortSignal): ReplError {
  if (!aborted) return new ReplError('INTERNAL', { message: 'stopped without a signal' })
  return new ReplError('ABORTED', { signal: typeof reason === 'string' ? reason : 'unknown' })
}

/** @throws ReplError ABORTED */
export function stopIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw abortedBy(signal)
}

/** For a failure that is dealt with on the spot: ours are, a bug is thrown on. */
export function expectReplError(error: unknown): ReplError {
  if (error instanceof ReplError) return error
  throw error
}

/** For a failure that has no consequence where it is caught: ours has none, a bug is thrown on. */
export function ignoreFailure(error: unknown): undefined {
  expectReplError(error)
}

/** Whatever was thrown: ours as it is, anything else as a bug. */
export function replErrorOf(error: unknown): ReplError {
  if (error instanceof ReplError) return error
  return new ReplError('INTERNAL', { message: error instanceof Error ? error.message : String(error) }, error)
}

/** The system's error code of a failed call. */
export function errnoOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? 'UNKNOWN'
}
