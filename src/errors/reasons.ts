/** Each reason for a failure, with the facts that its sentences need (diagnosis/errors/). */
import type {
  BufferAdvice,
  ConfigFileProblem,
  Context,
  Copied,
  Distrust,
  Errno,
  ErrorCode,
  Gap,
  Incomplete,
  Kept,
  Limit,
  LostUnknown,
  MissingField,
  None,
  NotGranted,
  Output,
  OwnName,
  PassFileProblem,
  Path,
  ProviderName,
  Reply,
  SlotRanges,
  StateFileProblem,
  TargetHint,
  TlsFileProblem,
} from './facts.ts'

/** Another failure, recorded as a fact of an error. */
export interface Failure {
  readonly code: ErrorCode
  readonly details: Details
}

/** Why lag cannot be measured against a master. */
export type MasterLoss =
  | { readonly trouble: 'FAILED'; readonly failure: Failure }
  | { readonly trouble: 'SILENT'; readonly silentMs: number }
  | { readonly trouble: 'LOADING'; readonly etaSeconds?: number }
  | { readonly trouble: 'IS_REPLICA' | 'NO_OFFSET' }

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

/** A reason with its facts, and the context that callers added. */
export type Details = { readonly [R in Reason]: { readonly reason: R } & ReasonFacts[R] & Context }[Reason]
