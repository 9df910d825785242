/** Which class each reason belongs to; the class determines the exit status. */
import type { ErrorCode } from './facts.ts'
import type { Details, MasterLoss, Reason } from './reasons.ts'

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

function codeOfLoss(loss: MasterLoss): ErrorCode {
  if (loss.trouble === 'FAILED') return loss.failure.code
  return loss.trouble === 'LOADING' ? 'TRY_LATER' : 'MASTER_UNREACHABLE'
}

/** The class of a failure. That of a lost master is the class of what happened to it. */
export function codeOf(details: Details): ErrorCode {
  return details.reason === 'MASTER_LOST' ? codeOfLoss(details) : CODES[details.reason]
}
