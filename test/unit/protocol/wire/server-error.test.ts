import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServerError } from '../../../../src/protocol/wire/reply.ts'
import { refusal } from '../../../../src/protocol/wire/server-error.ts'

/** Sentences as servers of the named generations send them. */
const SENTENCES: readonly (readonly [code: string, reason: string, ...texts: string[]])[] = [
  ['AUTH_REQUIRED', 'NOAUTH', 'NOAUTH Authentication required.', 'ERR operation not permitted'],
  [
    'AUTH_FAILED',
    'WRONGPASS',
    'WRONGPASS invalid username-password pair or user is disabled.', // 6.2 and later
    'WRONGPASS invalid username-password pair', // 6.0
    'ERR invalid password', // 5.0 and older
  ],
  [
    'AUTH_FAILED',
    'NO_PASSWORD_SET',
    'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?',
    'ERR Client sent AUTH, but no password is set', // 5.0 and older
  ],
  ['AUTH_FAILED', 'NO_USERS', "ERR wrong number of arguments for 'auth' command"], // two arguments, 5.0 and older
  [
    'NO_PERMISSION',
    'NOPERM',
    "NOPERM User r has no permissions to run the 'psync' command", // 7.2 and later
    "NOPERM this user has no permissions to run the 'psync' command", // 7.0
    "NOPERM this user has no permissions to run the 'psync' command or its subcommand", // 6.x
  ],
  ['NO_PERMISSION', 'PROTECTED_MODE', 'DENIED Redis is running in protected mode because protected mode is enabled'],
  ['TRY_LATER', 'LOADING', 'LOADING Redis is loading the dataset in memory', 'LOADING Valkey is loading the dataset in memory'],
  ['TRY_LATER', 'FAILOVER', "NOMASTERLINK Can't SYNC while failing over"], // 6.2 and later
  [
    'TRY_LATER',
    'NOMASTERLINK',
    "NOMASTERLINK Can't SYNC while not connected with my master",
    "ERR Can't SYNC while not connected with my master", // 3.2 and older
  ],
  ['TRY_LATER', 'MASTERDOWN', "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."],
  ['TRY_LATER', 'BUSY', 'BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.'],
  ['TRY_LATER', 'MISCONF', 'MISCONF Redis is configured to save RDB snapshots, but it is currently not able to persist on disk.'],
  ['TRY_LATER', 'MAX_CLIENTS', 'ERR max number of clients reached', 'ERR max number of clients + cluster connections reached'],
  ['LINK_LOST', 'BGSAVE_FAILED', "ERR BGSAVE failed, replication can't continue"],
  [
    'NOT_SUPPORTED',
    'UNKNOWN_COMMAND',
    "ERR unknown command 'PSYNC', with args beginning with: '?' '-1' ", // 7.0 and later
    'ERR unknown command `PSYNC`, with args beginning with: `?`, `-1`, ', // 5.0 to 6.2
    "ERR unknown command 'PSYNC'", // 2.8
    'ERR Command disallowed', // Azure
    'ERR Unsupported command: psync ? -1', // Huawei
    'ERR unknown or unsupported command \'psync"', // Pika
  ],
  [
    'NOT_SUPPORTED',
    'COMMAND_BLOCKED',
    "ERR handle request, command 'PSYNC' is not allowed", // Codis
    'ERR command `psync` disabled', // Tair
    'ERR command psync not support for your account', // Alibaba Cloud
    "ERR command 'psync' not support for your account",
    'ERR command sync not support for normal user', // Alibaba Cloud, 2.8
    "ERR Command is not available: 'PSYNC'. See https://upstash.com/docs/redis/overall/rediscompatibility for details", // Upstash
    'ERR auth permission deny', // Predixy
    'ERR PSYNC is forbidden',
    'ERR replconf command not supported',
    'ERR restricted command',
  ],
  [
    'NOT_SUPPORTED',
    'COMMAND_REFUSED',
    'ERR This instance has cluster support disabled',
    'ERR SYNC and PSYNC are invalid with pending output',
    'ERR Filtered replica requires EOF capability',
    "ERR PSYNC FAILOVER can't be sent to a master.",
    'ERR Unrecognized REPLCONF option: rdb-only',
    'ERR value is not an integer or out of range',
    "ERR wrong number of arguments for 'psync' command",
    '',
  ],
]

for (const [code, reason, ...texts] of SENTENCES) {
  for (const text of texts) {
    test(`-${text} is ${code} (${reason}), with the sentence kept`, () => {
      const error = refusal(new ServerError(text), { state: 'RECEIVE_PSYNC' })
      assert.deepEqual([error.code, error.details], [code, { state: 'RECEIVE_PSYNC', reason, reply: text }])
    })
  }
}

test('a word of the table in the middle of a sentence decides nothing', () => {
  assert.equal(refusal(new ServerError('ERR no NOAUTH, LOADING or NOPERM here'), {}).details.reason, 'COMMAND_REFUSED')
})
