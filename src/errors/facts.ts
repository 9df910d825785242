/** The pieces that errors are made of: the classes of failures, the context of any error, and facts that several reasons share. */

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
export type LostUnknown =
  | { readonly problem: 'NO_ANSWER' | 'NO_COMMON_HISTORY' | 'NO_BACKLOG' }
  /** Needed: the byte after `offset`. Kept: the bytes from `oldest` on. */
  | { readonly problem: 'OVERWRITTEN'; readonly offset: number; readonly oldest: number }

/** The server's own words, as received. */
export interface Reply {
  readonly reply: string
}

/** An error code of the system (such as ENOSPC) or of OpenSSL. */
export interface Errno {
  readonly errno: string
}

export interface Path {
  readonly path: string
}

/** The temporary name of an output that is complete, and that is kept although it could not get its own name. */
export interface Kept {
  readonly part: string
}

/** The timeout that expired. */
export interface Limit {
  readonly limitMs: number
}

/** What a server sent before the timeout: only newlines, or a part of a reply. */
export type Incomplete = 'NEWLINES' | 'REPLY'

/** The name that the server gives a renamed command. */
export interface OwnName {
  readonly command: string
}

/** The server's certificate was rejected. Without a certificate its facts are `unknown`. */
export interface Distrust extends Errno {
  readonly serverName: string
}

/** The bytes that a master copies into our output buffer for a partial resync, and the lower limit of that buffer if CONFIG GET shows it. */
export interface Copied {
  readonly rangeBytes: number
  readonly limitBytes?: number
}

/** A client-output-buffer-limit that is large enough. */
export interface BufferAdvice {
  readonly limitClass: 'replica' | 'slave'
  readonly hardMb: number
  readonly softMb: number
}

/** The position for which INFO promised a partial resync, and PSYNC got a full one. */
export interface NotGranted {
  readonly offset: number
  readonly replid: string
}

/** The position at which a history could not be resumed. */
export interface Gap {
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

/** The fields of a position that INFO does not show. */
export type MissingField = 'REPLID' | 'OFFSET' | 'BOTH' | 'REPLICA_OFFSET'

/** First and last slot of each range. */
export type SlotRanges = readonly (readonly [first: number, last: number])[]

export type None = Readonly<Record<never, never>>
