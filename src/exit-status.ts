/** Exit statuses by class of failure, so that a script can distinguish a refusal from a broken pipe. */
import type { ErrorCode } from './errors.ts'

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
  FORK_NEEDED: 10,
  INTERNAL: 70,
  ABORTED: 130,
}

export function exitStatus(code: ErrorCode): number {
  return STATUS[code]
}

/** The rows of `redis-repl --help`, and of the table in the README. */
export const EXIT_STATUS_HELP: readonly (readonly [string, string])[] = [
  ['0', 'done; also a follow command ended by Ctrl-C, SIGTERM, its own limit or a closed stdout'],
  ['1', 'the server answered, and the answer is no: a threshold, an expectation, a resync loop'],
  ['2', 'usage: flags, settings or target; one shard of a cluster where all are meant'],
  ['3', 'no conversation: unreachable, TLS, timeout'],
  ['4', 'password or permission, also where only a real replica would be refused'],
  ['5', 'not Redis, broken protocol, or a command that this server refuses'],
  ['6', 'try later: loading, no link to its master, busy, moving slots'],
  ['7', 'broken in the middle: link lost, RDB truncated, corrupt or not whole'],
  ['8', 'output: disk full, no permission, existing file, closed pipe of a dump'],
  ['9', 'the stream could not be continued without losing commands'],
  ['10', 'it would need a fork, or another change to the server, that was not allowed; nothing was done'],
  ['70', 'a bug'],
  ['130', 'Ctrl-C before anything useful, or twice'],
]
