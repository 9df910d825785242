/** Exit statuses by class of failure, so that a script can distinguish a refusal from a broken pipe. */
import type { ErrorCode } from '../errors.ts'

const STATUS: Record<ErrorCode, number> = {
  EXPECTATION_FAILED: 1,
  USAGE: 2,
  MASTER_UNREACHABLE: 3,
  TLS_FAILED: 3,
  TIMEOUT: 3,
  AUTH_REQUIRED: 4,
  AUTH_FAILED: 4,
  NO_PERMISSION: 4,
  PROTOCOL: 5,
  NOT_SUPPORTED: 5,
  NOT_REDIS: 5,
  TRY_LATER: 6,
  LINK_LOST: 7,
  PAYLOAD_TRUNCATED: 7,
  PAYLOAD_CORRUPT: 7,
  PAYLOAD_INCOMPLETE: 7,
  OUTPUT_FAILED: 8,
  OUTPUT_EXISTS: 8,
  GAP: 9,
  INTERNAL: 70,
  ABORTED: 130,
}

export function exitStatus(code: ErrorCode): number {
  return STATUS[code]
}

/** The rows of `--help`. */
export const EXIT_STATUS_HELP: readonly (readonly [string, string])[] = [
  ['0', 'done'],
  ['1', 'the server answered, and not as --expect or a limit of lag wants it'],
  ['2', 'usage: flags or target'],
  ['3', 'no conversation: unreachable, TLS, timeout'],
  ['4', 'password or permission'],
  ['5', 'no Redis, broken protocol, or a command this server refuses'],
  ['6', 'try later: loading, no link to its master, busy, too many clients'],
  ['7', 'broken in the middle: link lost, RDB truncated, corrupt or not whole'],
  ['8', 'output: disk full, no permission, existing file, closed pipe'],
  ['9', 'a gap: the stream could not be continued without losing commands'],
  ['70', 'a bug'],
  ['130', 'stopped by Ctrl-C'],
]
