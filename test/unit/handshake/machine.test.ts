import assert from 'node:assert/strict'
import { test } from 'node:test'
import { advance, begin, type Exchange, type Machine, nextRung, send, type Verdict } from '../../../src/handshake/machine.ts'
import { INVISIBLE, type Plan, type PsyncRequest } from '../../../src/handshake/plan.ts'
import type { State } from '../../../src/handshake/states.ts'
import type { Finding } from '../../../src/handshake/steps.ts'
import { OTHER_REPLID, REPLID } from '../../helpers/wire.ts'

const PASSWORD = 'hunter2'
const POSITION: PsyncRequest = { kind: 'position', replid: REPLID, requestOffset: 1001 }

/** Says no more than every replica has to. */
const SHORT: Plan = {
  clientName: 'redis-repl',
  announce: INVISIBLE,
  capabilities: ['eof', 'psync2'],
  rdbOnly: false,
  emptyRdb: false,
  psync: POSITION,
  legacySync: false,
  tolerateMisconf: false,
  tolerateNeedlessAuth: true,
}

/** Climbs every rung. */
const FULL: Plan = {
  ...SHORT,
  credentials: { username: 'repl', password: PASSWORD },
  announce: { ip: '192.0.2.7', port: 6380 },
  version: '9.1.2',
  rdbOnly: true,
  emptyRdb: true,
}

function step(machine: Machine, reply: string): { machine: Machine; exchange: Exchange } {
  return advance(send(machine).machine, Buffer.from(reply))
}

/** Climbs with friendly replies until this state's reply is awaited. */
function climbTo(receive: State, plan: Plan): Machine {
  let machine = begin(plan)
  while (nextRung(machine)?.receive !== receive) machine = step(machine, machine.rung < 0 ? '+PONG' : '+OK').machine
  return machine
}

/** Every command that a plan sends while everything is accepted. */
function commands(plan: Plan): string[] {
  const sent: string[] = []
  for (let machine = begin(plan); nextRung(machine); ) {
    const { command } = send(machine)
    sent.push(command.args.join(' '))
    machine = step(machine, command.args[0] === 'PSYNC' ? `+FULLRESYNC ${REPLID} 1000` : '+OK').machine
  }
  return sent
}

test('the whole ladder is climbed in the order of syncWithMaster(), one command outstanding at a time', () => {
  const ladder: readonly (readonly [sends: State, awaits: State, command: string[], reply: string, then: State])[] = [
    ['CONNECTING', 'RECEIVE_PONG', ['PING'], '-NOAUTH Authentication required.', 'SEND_AUTH'],
    ['SEND_AUTH', 'RECEIVE_AUTH', ['AUTH', 'repl', PASSWORD], '+OK', 'SEND_NAME'],
    ['SEND_NAME', 'RECEIVE_NAME', ['CLIENT', 'SETNAME', 'redis-repl'], '+OK', 'SEND_PORT'],
    ['SEND_PORT', 'RECEIVE_PORT', ['REPLCONF', 'listening-port', '6380'], '+OK', 'SEND_IP'],
    ['SEND_IP', 'RECEIVE_IP', ['REPLCONF', 'ip-address', '192.0.2.7'], '+OK', 'SEND_CAPA'],
    ['SEND_CAPA', 'RECEIVE_CAPA', ['REPLCONF', 'capa', 'eof', 'capa', 'psync2'], '+OK', 'SEND_VERSION'],
    ['SEND_VERSION', 'RECEIVE_VERSION', ['REPLCONF', 'version', '9.1.2'], '+OK', 'SEND_RDB_ONLY'],
    ['SEND_RDB_ONLY', 'RECEIVE_RDB_ONLY', ['REPLCONF', 'rdb-only', '1'], '+OK', 'SEND_RDB_FILTER'],
    ['SEND_RDB_FILTER', 'RECEIVE_RDB_FILTER', ['REPLCONF', 'rdb-filter-only', ''], '+OK', 'SEND_PSYNC'],
    ['SEND_PSYNC', 'RECEIVE_PSYNC', ['PSYNC', REPLID, '1001'], `+CONTINUE ${REPLID}`, 'CONNECTED'],
  ]
  let machine = begin(FULL)
  for (const [sends, awaits, command, reply, then] of ladder) {
    const outgoing = send(machine)
    const { machine: after, exchange } = advance(outgoing.machine, Buffer.from(reply))
    assert.deepEqual(
      [machine.state, outgoing.machine.state, outgoing.command.args, exchange.state, exchange.reply, after.state],
      [sends, awaits, command, awaits, reply, then],
    )
    machine = after
  }
  assert.equal(nextRung(machine), undefined)
})

const LEAST = [
  'PING',
  'CLIENT SETNAME redis-repl',
  'REPLCONF listening-port -1',
  'REPLCONF ip-address redis_repl',
  'REPLCONF capa eof capa psync2',
]
const PSYNC = `PSYNC ${REPLID} 1001`

const PLANS: readonly { rule: string; plan: Partial<Plan>; sent: string[] }[] = [
  { rule: 'the shortest plan is invisible and says nothing optional', plan: {}, sent: [...LEAST, PSYNC] },
  {
    rule: 'without a user name AUTH takes the password alone',
    plan: { credentials: { password: PASSWORD } },
    sent: ['PING', `AUTH ${PASSWORD}`, ...LEAST.slice(1), PSYNC],
  },
  { rule: 'a version is sent when it is known', plan: { version: '9.1.2' }, sent: [...LEAST, 'REPLCONF version 9.1.2', PSYNC] },
  { rule: 'an empty version is not sent', plan: { version: '' }, sent: [...LEAST, PSYNC] },
  { rule: 'rdb-only is sent when only the RDB is wanted', plan: { rdbOnly: true }, sent: [...LEAST, 'REPLCONF rdb-only 1', PSYNC] },
  { rule: 'the filter is sent when no data is wanted', plan: { emptyRdb: true }, sent: [...LEAST, 'REPLCONF rdb-filter-only ', PSYNC] },
  { rule: 'a full resync on purpose asks for ? -1', plan: { psync: { kind: 'anything' } }, sent: [...LEAST, 'PSYNC ? -1'] },
  { rule: 'PSYNC can be left out', plan: { psync: { kind: 'nothing' } }, sent: LEAST },
  { rule: 'where PSYNC is left out SYNC, which always forks, is too', plan: { psync: { kind: 'nothing' }, legacySync: true }, sent: LEAST },
  { rule: 'SYNC is not sent where PSYNC was answered', plan: { legacySync: true }, sent: [...LEAST, PSYNC] },
]

for (const { rule, plan, sent } of PLANS) {
  test(`plan: ${rule}`, () => assert.deepEqual(commands({ ...SHORT, ...plan }), sent))
}

test('plan: the probe for permission can be no replid and no offset of any server', () => {
  const { command } = send(climbTo('RECEIVE_PSYNC', { ...SHORT, psync: { kind: 'permission' } }))
  const [, replid = '', offset = ''] = command.args
  assert.doesNotMatch(replid, /^([0-9a-f]{40}|\?)$/i)
  assert.equal(replid.length, 40)
  assert.ok(Number.isNaN(Number.parseInt(offset, 10)))
})

test('plan: a handshake that ends before PSYNC has stopped without a verdict', () => {
  let machine = begin({ ...SHORT, psync: { kind: 'nothing' } })
  while (nextRung(machine)) machine = step(machine, '+OK').machine
  assert.deepEqual([machine.state, machine.verdict], ['STOPPED', { kind: 'none' }])
})

interface Judged {
  readonly rule: string
  readonly plan?: Partial<Plan>
  readonly reply: string
  /** Absent where the reply is fatal. */
  readonly finding?: Finding
  readonly outcome?: 'ok' | 'tolerated'
  readonly then?: State
  readonly code?: string
}

const fatal = (rule: string, reply: string, code: string, plan: Partial<Plan> = {}): Judged => ({ rule, reply, code, plan })
const tolerated = (rule: string, reply: string, finding: Finding, then: State, plan: Partial<Plan> = {}): Judged => ({
  ...{ rule, reply, finding, then, plan },
  outcome: 'tolerated',
})
const ok = (rule: string, reply: string, finding: Finding, then: State, plan: Partial<Plan> = {}): Judged => ({
  ...{ rule, reply, finding, then, plan },
  outcome: 'ok',
})

const NOAUTH = '-NOAUTH Authentication required.'
const NOPERM_REPLCONF = "-NOPERM User r has no permissions to run the 'replconf' command"
const UNKNOWN = "-ERR unknown command 'REPLCONF', with args beginning with: "
const WITH_PASSWORD = { credentials: { password: PASSWORD } }

/** The rungs that Redis calls "non critical" and what comes after each under FULL. */
function nonCritical(finding: string, then: State, sentence: string): Judged[] {
  return [
    ok('is accepted by +OK', '+OK', `${finding}_OK` as Finding, then),
    ok('is accepted by anything that begins with +OK (KeyDB)', '+OK active-replica', `${finding}_OK` as Finding, then),
    tolerated('is not critical when it is refused', sentence, `${finding}_REFUSED` as Finding, then),
    fatal('ends the handshake when the right to REPLCONF is missing', NOPERM_REPLCONF, 'NO_PERMISSION'),
    fatal('ends the handshake when a password is required', NOAUTH, 'AUTH_REQUIRED'),
    fatal('ends the handshake when the server is loading', '-LOADING Redis is loading the dataset in memory', 'TRY_LATER'),
  ]
}

const PERMISSION: Partial<Plan> = { psync: { kind: 'permission' } }
const UNKNOWN_PSYNC = "-ERR unknown command 'PSYNC', with args beginning with: '?' '-1' "

const ROWS: Partial<Record<State, readonly Judged[]>> = {
  RECEIVE_PONG: [
    ok('+PONG leads to AUTH when there is a password', '+PONG', 'PONG', 'SEND_AUTH', WITH_PASSWORD),
    ok('+PONG leads past AUTH when there is none', '+PONG', 'PONG', 'SEND_NAME'),
    ok('any status is as good as +PONG', '+hello', 'PONG', 'SEND_NAME'),
    tolerated('-NOAUTH is tolerated when AUTH comes next', NOAUTH, 'PONG_NEEDS_AUTH', 'SEND_AUTH', WITH_PASSWORD),
    tolerated(
      'the old sentence for -NOAUTH is tolerated too',
      '-ERR operation not permitted',
      'PONG_NEEDS_AUTH',
      'SEND_AUTH',
      WITH_PASSWORD,
    ),
    tolerated('-NOPERM is tolerated', "-NOPERM this user has no permissions to run the 'ping' command", 'PONG_NO_PERMISSION', 'SEND_NAME'),
    fatal('-NOAUTH is fatal when there is no password to give', NOAUTH, 'AUTH_REQUIRED'),
    fatal('-LOADING is fatal', '-LOADING Redis is loading the dataset in memory', 'TRY_LATER'),
    fatal('-BUSY is fatal', '-BUSY Redis is busy running a script.', 'TRY_LATER'),
    fatal('-MASTERDOWN is fatal', "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", 'TRY_LATER'),
    fatal('-MISCONF is fatal, as for a replica', '-MISCONF Redis is configured to save RDB snapshots', 'TRY_LATER'),
    tolerated('-MISCONF is tolerated where the plan says so', '-MISCONF Redis is configured', 'PONG_MISCONF', 'SEND_NAME', {
      tolerateMisconf: true,
    }),
    fatal('-DENIED is fatal', '-DENIED Redis is running in protected mode', 'NO_PERMISSION'),
    fatal('a server at its connection limit is fatal', '-ERR max number of clients reached', 'TRY_LATER'),
    fatal('any other error is fatal', '-ERR something else', 'NOT_SUPPORTED'),
  ],
  RECEIVE_AUTH: [
    ok('+OK is logged in', '+OK', 'AUTH_OK', 'SEND_NAME', WITH_PASSWORD),
    fatal('-WRONGPASS is fatal', '-WRONGPASS invalid username-password pair or user is disabled.', 'AUTH_FAILED', WITH_PASSWORD),
    fatal('the old sentence for a wrong password is fatal', '-ERR invalid password', 'AUTH_FAILED', WITH_PASSWORD),
    fatal('a server without users takes no user name', "-ERR wrong number of arguments for 'auth' command", 'AUTH_FAILED', FULL),
    tolerated(
      'a superfluous password is tolerated (5.0)',
      '-ERR Client sent AUTH, but no password is set',
      'AUTH_NOT_NEEDED',
      'SEND_NAME',
      WITH_PASSWORD,
    ),
    tolerated(
      'a superfluous password is tolerated (6.0 and later)',
      '-ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?',
      'AUTH_NOT_NEEDED',
      'SEND_NAME',
      WITH_PASSWORD,
    ),
    fatal('any other error is fatal', '-LOADING Redis is loading the dataset in memory', 'TRY_LATER', WITH_PASSWORD),
  ],
  RECEIVE_NAME: [
    ok('+OK is fine', '+OK', 'NAME_OK', 'SEND_PORT'),
    tolerated(
      'a name is a courtesy, so no right to it is needed',
      "-NOPERM User r has no permissions to run the 'client|setname' command",
      'NAME_REFUSED',
      'SEND_PORT',
    ),
    tolerated('a server without CLIENT is fine', "-ERR unknown command 'CLIENT'", 'NAME_REFUSED', 'SEND_PORT'),
  ],
  RECEIVE_PORT: [
    ...nonCritical('PORT', 'SEND_IP', '-ERR value is not an integer or out of range'),
    fatal('a server that does not know REPLCONF is unusable as a master', UNKNOWN, 'NOT_SUPPORTED'),
    fatal('a server that blocks REPLCONF is unusable as a master (Azure)', '-ERR Command disallowed', 'NOT_SUPPORTED'),
  ],
  RECEIVE_IP: nonCritical('IP', 'SEND_CAPA', '-ERR Unrecognized REPLCONF option: ip-address'),
  RECEIVE_CAPA: nonCritical('CAPA', 'SEND_VERSION', '-ERR Unrecognized REPLCONF option: capa').map((row) => ({ ...row, plan: FULL })),
  RECEIVE_VERSION: nonCritical('VERSION', 'SEND_RDB_ONLY', '-ERR Unrecognized version format: x').map((row) => ({ ...row, plan: FULL })),
  RECEIVE_RDB_ONLY: nonCritical('RDB_ONLY', 'SEND_RDB_FILTER', '-ERR Unrecognized REPLCONF option: rdb-only').map((row) => ({
    ...row,
    plan: FULL,
  })),
  RECEIVE_RDB_FILTER: nonCritical('RDB_FILTER', 'SEND_PSYNC', '-ERR Unsupported rdb-filter-only option: x').map((row) => ({
    ...row,
    plan: FULL,
  })),
  RECEIVE_PSYNC: [
    ok('+FULLRESYNC is followed by a payload', `+FULLRESYNC ${REPLID} 1000`, 'PSYNC_FULL', 'TRANSFER'),
    ok('+CONTINUE with our replid is followed by the stream', `+CONTINUE ${REPLID}`, 'PSYNC_CONTINUE', 'CONNECTED'),
    ok('a bare +CONTINUE is followed by the stream', '+CONTINUE', 'PSYNC_CONTINUE', 'CONNECTED'),
    ok('+CONTINUE with another replid tells of a promotion', `+CONTINUE ${OTHER_REPLID}`, 'PSYNC_CONTINUE_NEW_REPLID', 'CONNECTED'),
    ok('+RDBCHANNELSYNC waits for a second connection', '+RDBCHANNELSYNC 42', 'PSYNC_RDB_CHANNEL', 'STOPPED'),
    ok('+DUALCHANNELSYNC waits for a second connection', '+DUALCHANNELSYNC', 'PSYNC_DUAL_CHANNEL', 'STOPPED'),
    ok(
      'an offset refused as no number proves the permission',
      '-ERR value is not an integer or out of range',
      'PSYNC_PERMITTED',
      'STOPPED',
      PERMISSION,
    ),
    fatal(
      'an offset refused as no number proves nothing where a number was sent',
      '-ERR value is not an integer or out of range',
      'NOT_SUPPORTED',
    ),
    fatal(
      'a probe may be refused like any PSYNC',
      "-NOPERM User r has no permissions to run the 'psync' command",
      'NO_PERMISSION',
      PERMISSION,
    ),
    fatal('-NOMASTERLINK is for another time', "-NOMASTERLINK Can't SYNC while not connected with my master", 'TRY_LATER'),
    fatal('-LOADING is for another time', '-LOADING Redis is loading the dataset in memory', 'TRY_LATER'),
    fatal(
      '-MASTERDOWN is for another time',
      "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
      'TRY_LATER',
    ),
    fatal('-BUSY is for another time', '-BUSY Redis is busy running a script.', 'TRY_LATER'),
    fatal('-NOAUTH is fatal', NOAUTH, 'AUTH_REQUIRED'),
    fatal('-NOPERM is fatal', "-NOPERM this user has no permissions to run the 'psync' command", 'NO_PERMISSION'),
    fatal('a fork that failed has lost the link', "-ERR BGSAVE failed, replication can't continue", 'LINK_LOST'),
    fatal('an unknown PSYNC is fatal where no fork is wanted', UNKNOWN_PSYNC, 'NOT_SUPPORTED'),
    tolerated('an unknown PSYNC leads to SYNC where a fork is the purpose', UNKNOWN_PSYNC, 'PSYNC_UNKNOWN', 'SEND_SYNC', {
      legacySync: true,
      psync: { kind: 'anything' },
    }),
    fatal('an unknown PSYNC is fatal where a position was asked for, since SYNC has none', UNKNOWN_PSYNC, 'NOT_SUPPORTED', {
      legacySync: true,
    }),
    fatal('any other error never leads to SYNC', '-ERR SYNC and PSYNC are invalid with pending output', 'NOT_SUPPORTED', {
      legacySync: true,
      psync: { kind: 'anything' },
    }),
    fatal('a missing right never leads to SYNC', "-NOPERM User r has no permissions to run the 'psync' command", 'NO_PERMISSION', {
      legacySync: true,
      psync: { kind: 'anything' },
    }),
  ],
}

for (const [state, rows] of Object.entries(ROWS) as [State, Judged[]][]) {
  for (const { rule, plan, reply, outcome, finding, then, code } of rows) {
    test(`${state}: ${rule} (${reply})`, () => {
      const { machine, exchange } = step(climbTo(state, { ...SHORT, ...plan }), reply)
      assert.deepEqual(
        [exchange.outcome, exchange.finding, machine.state, exchange.error?.code],
        [outcome ?? 'fatal', finding ?? 'REFUSED', then ?? 'STOPPED', code],
      )
    })
  }
}

test('a fatal reply ends the climb, and its error says in which state, to what and in which words', () => {
  const { machine, exchange } = step(climbTo('RECEIVE_PSYNC', SHORT), '-ERR no')
  assert.equal(nextRung(machine), undefined)
  assert.deepEqual(exchange.error?.details, {
    reason: 'COMMAND_REFUSED',
    reply: 'ERR no',
    state: 'RECEIVE_PSYNC',
    command: `PSYNC ${REPLID} 1001`,
  })
})

const VERDICTS: readonly { rule: string; psync?: PsyncRequest; reply: string; verdict: Verdict }[] = [
  {
    rule: 'a full resync stands at the offset it names',
    reply: `+FULLRESYNC ${OTHER_REPLID} 3129659`,
    verdict: { kind: 'full', replid: OTHER_REPLID, offset: 3129659 },
  },
  {
    rule: 'a partial resync stands one byte before the one asked for',
    reply: `+CONTINUE ${REPLID}`,
    verdict: { kind: 'continue', replid: REPLID, offset: 1000 },
  },
  { rule: 'a bare +CONTINUE keeps the replid asked for', reply: '+CONTINUE', verdict: { kind: 'continue', replid: REPLID, offset: 1000 } },
  {
    rule: 'a new replid is adopted and the offset kept',
    reply: `+CONTINUE ${OTHER_REPLID}`,
    verdict: { kind: 'continue', replid: OTHER_REPLID, offset: 1000 },
  },
  { rule: 'a sync on two connections has no position', reply: '+DUALCHANNELSYNC', verdict: { kind: 'channel' } },
  {
    rule: 'a proven permission is a verdict',
    psync: { kind: 'permission' },
    reply: '-ERR value is not an integer or out of range',
    verdict: { kind: 'permitted' },
  },
]

for (const { rule, psync, reply, verdict } of VERDICTS) {
  test(`verdict: ${rule} (${reply})`, () => {
    assert.deepEqual(step(climbTo('RECEIVE_PSYNC', { ...SHORT, psync: psync ?? POSITION }), reply).machine.verdict, verdict)
  })
}

for (const reply of ['+CONTINUE', `+CONTINUE ${REPLID}`]) {
  test(`verdict: replids are compared without case, so ${reply} to one in upper case tells of no promotion`, () => {
    const psync: PsyncRequest = { ...POSITION, replid: REPLID.toUpperCase() }
    assert.equal(step(climbTo('RECEIVE_PSYNC', { ...SHORT, psync }), reply).exchange.finding, 'PSYNC_CONTINUE')
  })
}

test('SEND_SYNC: the payload is its only answer, so sending it is the verdict', () => {
  const { machine } = step(climbTo('RECEIVE_PSYNC', { ...SHORT, legacySync: true, psync: { kind: 'anything' } }), UNKNOWN_PSYNC)
  const outgoing = send(machine)
  assert.deepEqual([outgoing.command.args, outgoing.machine.state, outgoing.machine.verdict], [['SYNC'], 'TRANSFER', { kind: 'legacy' }])
  assert.equal(nextRung(outgoing.machine), undefined)
})

test('a line that is not a reply is thrown, not judged', () => {
  assert.throws(() => step(begin(SHORT), 'HTTP/1.1 400 Bad Request'), { code: 'NOT_REDIS' })
  assert.throws(() => step(climbTo('RECEIVE_CAPA', SHORT), ':1'), { code: 'PROTOCOL' })
  assert.throws(() => step(climbTo('RECEIVE_PSYNC', SHORT), '+OK'), { code: 'PROTOCOL' })
})

for (const reply of [
  '+OK',
  '-WRONGPASS invalid username-password pair or user is disabled.',
  `-ERR unknown command 'AUTH', with args beginning with: 'repl' '${PASSWORD}' `, // a renamed AUTH echoes its arguments
  `-ERR Unsupported command: AUTH repl ${PASSWORD}`, // as Huawei echoes PSYNC
]) {
  test(`no password is in what may be shown of AUTH (${reply.replace(PASSWORD, '…')})`, () => {
    const { exchange } = step(climbTo('RECEIVE_AUTH', FULL), reply)
    assert.deepEqual(exchange.sent, ['AUTH', 'repl', '********'])
    assert.doesNotMatch(JSON.stringify([exchange, exchange.error?.message, exchange.error?.details]), new RegExp(PASSWORD))
  })
}

test('after the end there is nothing to send, and without a command nothing to judge', () => {
  const { machine } = step(climbTo('RECEIVE_PSYNC', SHORT), '+CONTINUE')
  assert.throws(() => send(machine), TypeError)
  assert.throws(() => advance(begin(SHORT), Buffer.from('+OK')), TypeError)
})

test('a +CONTINUE is not a reply to PSYNC ? -1, which names no position', () => {
  const plan: Plan = { ...SHORT, psync: { kind: 'anything' } }
  assert.throws(() => step(climbTo('RECEIVE_PSYNC', plan), '+CONTINUE'), { code: 'PROTOCOL' })
})
