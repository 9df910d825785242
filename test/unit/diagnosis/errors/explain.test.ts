import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explain } from '../../../../src/diagnosis/errors/explain.ts'
import { type ErrorCode, type ErrorDetails, ReplError } from '../../../../src/errors.ts'

const WHERE = { endpoint: '192.0.2.1:6379', state: 'RECEIVE_PSYNC' }
const UNREACHABLE = { endpoint: '192.0.2.1:6379', state: 'CONNECTING', errno: 'EHOSTUNREACH' }
const REPLY = 'the words of the server'
const REFUSED = { ...WHERE, command: 'PSYNC ? -1', reply: REPLY }
const PATH = '/backup/snapshot.rdb'

/** Each code with its reasons, '' for none, and the details it comes with. A code that is missing here does not compile. */
const FAILURES: Record<ErrorCode, readonly (readonly [details: ErrorDetails, ...reasons: string[]])[]> = {
  EXPECTATION_FAILED: [[{ given: 'continue', reply: 'full' }, '']],
  USAGE: [
    [{ given: 'redis://' }, 'BAD_TARGET', 'FLAGS', ''],
    [{ path: PATH, errno: 'ENOENT' }, 'PASS_FILE', 'STATE_FILE', 'TLS_FILE', 'CONFIG_FILE'],
    [{}, 'TERMINAL'],
  ],
  MASTER_UNREACHABLE: [
    [UNREACHABLE, 'REFUSED', 'REFUSED_SOCKET', 'UNKNOWN_HOST', 'NO_SOCKET', 'SOCKET_DENIED', 'OTHER'],
    [{ ...UNREACHABLE, given: '-6' }, 'WRONG_FAMILY', 'SENTINELS'],
  ],
  TLS_FAILED: [
    [
      { ...UNREACHABLE, given: 'db1.example', reply: 'DNS:db2.example' },
      'CERT_UNTRUSTED',
      'CERT_EXPIRED',
      'CERT_NOT_YET_VALID',
      'CERT_NAME',
    ],
    [
      UNREACHABLE,
      'CLIENT_CERT_MISSING',
      'CLIENT_CERT_REFUSED',
      'CLEAR_TEXT',
      'NOT_TLS',
      'TLS_VERSION',
      'SERVER_NAME',
      'TLS_CLOSED',
      'TLS_OTHER',
      '',
    ],
    [{ ...UNREACHABLE, limitMs: 5000 }, 'TLS_SILENT'],
  ],
  TIMEOUT: [[{ ...WHERE, limitMs: 5000 }, 'CONNECT', 'LOOKUP', 'SILENCE', 'LATE', 'NOT_FOLLOWED', '']],
  AUTH_REQUIRED: [[REFUSED, 'NOAUTH', 'SENTINEL_NOAUTH', '']],
  AUTH_FAILED: [[REFUSED, 'WRONGPASS', 'SENTINEL_WRONGPASS', 'NO_PASSWORD_SET', 'NO_USERS', '']],
  NO_PERMISSION: [[REFUSED, 'NOPERM', 'SENTINEL_NOPERM', 'PROTECTED_MODE', '']],
  PROTOCOL: [
    [{ ...WHERE, expectedBytes: 65_536 }, 'LINE_TOO_LONG'],
    [{ ...WHERE, offset: 77, reply: REPLY }, 'STREAM'],
    [REFUSED, 'PAYLOAD_HEADER', 'PSYNC_REPLY', 'NOT_A_STATUS', 'NOT_RESP', ''],
  ],
  NOT_SUPPORTED: [
    [REFUSED, 'UNKNOWN_COMMAND', 'REFUSED', ''],
    [{ ...WHERE, given: 'mymaster' }, 'SENTINEL_NAME'],
    [REFUSED, 'NO_CLUSTER', 'NO_SENTINEL'],
    [{ ...REFUSED, command: 'INFO' }, 'UNKNOWN_COMMAND', 'REFUSED'],
    [WHERE, 'SENTINEL', 'NO_POSITION', 'NO_BACKLOG'],
    [{ ...WHERE, command: 'its-psync' }, 'RENAMED', 'AS_SYNC'],
  ],
  NOT_REDIS: [[REFUSED, 'HTTP', 'TLS', 'SSH', 'SMTP_OR_FTP', 'MEMCACHED', '']],
  TRY_LATER: [
    [{ ...WHERE, given: '7' }, 'CLUSTER_SLOTS', 'CLUSTER_MASTER'],
    [
      REFUSED,
      'LOADING',
      'FAILOVER',
      'NOMASTERLINK',
      'MASTERDOWN',
      'BUSY',
      'MISCONF',
      'MAX_CLIENTS',
      'NOT_MASTER',
      'CLUSTER_CHANGED',
      'NOT_SERVING',
      'BEHIND_US',
      '',
    ],
  ],
  LINK_LOST: [
    [{ ...WHERE, limitMs: 30_000 }, 'CLOSED', 'NO_PAYLOAD', 'STREAM_CUT', 'STREAM_ENDED', 'MOVED', 'SILENT', 'SHUTDOWN', ''],
    [{ ...WHERE, bufferBytes: 900, bufferLimit: 1000 }, 'NO_PAYLOAD', 'STREAM_CUT'],
    [{ ...WHERE, errno: 'ECONNRESET' }, 'RESET'],
    [REFUSED, 'SYNC_ABORTED', 'BGSAVE_FAILED'],
  ],
  PAYLOAD_TRUNCATED: [[{ ...WHERE, bytes: 10 }, 'NO_PAYLOAD', 'RESET', '']],
  PAYLOAD_CORRUPT: [
    [{ reply: REPLY }, 'MAGIC'],
    [{ bytes: 10 }, 'TRAILER', 'CHECKSUM', ''],
  ],
  OUTPUT_FAILED: [
    [{ path: PATH, errno: 'ENOSPC' }, 'WRITE', ''],
    [{ path: PATH }, 'NOT_A_FILE', 'NOT_A_FOLDER'],
    [{ path: PATH, bytes: 10, expectedBytes: 20 }, 'NO_SPACE'],
    [{ errno: 'ENOSPC' }, 'SPOOL'],
    [{ bytes: 10 }, 'SPOOL_FULL'],
  ],
  OUTPUT_EXISTS: [[{ path: PATH }, '']],
  GAP: [
    [{ ...WHERE, offset: 77, given: 'a1'.repeat(20), bytes: 5 }, 'OTHER_HISTORY', 'NO_BACKLOG', 'TOO_OLD', 'AHEAD', 'DIVERGED', 'LOST'],
  ],
  INTERNAL: [[{ given: 'x is not a function' }, '']],
  ABORTED: [[{}, '']],
}

const cases = Object.entries(FAILURES).flatMap(([code, groups]) =>
  groups.flatMap(([details, ...reasons]) =>
    reasons.map((reason) => ({
      name: reason ? `${code} (${reason})` : code,
      error: new ReplError(code as ErrorCode, { ...details, ...(reason && { reason }) }),
    })),
  ),
)

for (const { name, error } of cases) {
  test(`explain: ${name} is told in three parts, with nothing left open`, () => {
    for (const part of Object.values(explain(error))) assert.match(part, /^(?!.*(undefined|NaN|\[object| {2})).*\S/)
  })
}

test('explain: a refusal quotes the server and the command it answered', () => {
  const { what } = explain(new ReplError('TRY_LATER', { ...REFUSED, reason: 'LOADING' }))
  assert.equal(what, `192.0.2.1:6379 answered PSYNC ? -1 with "-${REPLY}"`)
})

test('explain: where INFO is refused, nothing is advised that lives by INFO', () => {
  for (const reason of ['UNKNOWN_COMMAND', 'REFUSED']) {
    const { meaning, next } = explain(new ReplError('NOT_SUPPORTED', { ...REFUSED, command: 'INFO', reason }))
    assert.doesNotMatch(meaning + next, /redis-repl lag/)
    assert.match(next, /redis-repl handshake/)
  }
})

test('explain: what is wrong with a Sentinel is mended at the Sentinels', () => {
  const next = (reason: string) => explain(new ReplError('AUTH_REQUIRED', { ...REFUSED, reason })).next
  for (const reason of ['SENTINEL_NOAUTH', 'SENTINEL_WRONGPASS']) assert.match(next(reason), /--sentinel-pass-file.*|--sentinel-user/)
})

test('explain: a connection refused is not a command refused', () => {
  assert.match(
    explain(new ReplError('MASTER_UNREACHABLE', { ...UNREACHABLE, reason: 'REFUSED' })).what,
    /refused the connection \(EHOSTUNREACH\)/,
  )
})

test('explain: a truncated payload says how much came, and of how much where that is known', () => {
  const what = (details: ErrorDetails) => explain(new ReplError('PAYLOAD_TRUNCATED', { ...details, reason: 'RESET' })).what
  assert.match(what({ bytes: 10 }), /after 10 bytes of the RDB\.$/)
  assert.match(what({ bytes: 10, expectedBytes: 20 }), /after 10 bytes of the RDB \(of 20\)\.$/)
})

test('explain: a missing right is answered with an ACL rule that holds PSYNC, REPLCONF and PING, and no SYNC', () => {
  const { next } = explain(new ReplError('NO_PERMISSION', { ...REFUSED, reason: 'NOPERM' }))
  assert.match(next, /ACL SETUSER .*\+psync \+replconf \+ping/)
  assert.doesNotMatch(next, /\+sync\b/)
})

test('ReplError: facts that were nearer to the cause win over those added later', () => {
  const cause = new Error('socket')
  const error = new ReplError('TIMEOUT', { state: 'RECEIVE_PONG' }, cause).with({ state: 'TRANSFER', endpoint: 'host:1' })
  assert.deepEqual([error.code, error.details, error.cause], ['TIMEOUT', { state: 'RECEIVE_PONG', endpoint: 'host:1' }, cause])
})
