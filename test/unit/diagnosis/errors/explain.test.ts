import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explain } from '../../../../src/diagnosis/errors/explain.ts'
import { REASONS } from '../../../../src/diagnosis/errors/reasons.ts'
import type { Row, Text } from '../../../../src/diagnosis/errors/template.ts'
import { rows } from '../../../../src/diagnosis/errors/template.ts'
import { type Context, type Reason, ReplError } from '../../../../src/errors.ts'
import { CONTEXT, failureOf, SAMPLES } from '../../../helpers/reason-samples.ts'

const REPLY = 'the words of the server'
const REFUSED = { ...CONTEXT, command: 'PSYNC ? -1', reply: REPLY }
const REASON_NAMES = Object.keys(SAMPLES) as Reason[]

/** What is added on the way up, or not. */
const CONTEXTS: readonly Context[] = [
  {},
  CONTEXT,
  { ...CONTEXT, command: 'INFO', path: 'stdout', output: 'STDOUT', bytes: 10, bufferBytes: 900, bufferLimit: 1000 },
  {
    ...CONTEXT,
    command: 'SYNC',
    before: 'PSYNC ? -1',
    provider: 'PREDIXY',
    path: '/backup/x.rdb',
    output: 'FILE',
    bytes: 10,
    expectedBytes: 20,
  },
]

for (const reason of REASON_NAMES) {
  test(`explain: ${reason} has three parts without open placeholders`, () => {
    for (const facts of SAMPLES[reason]) {
      for (const context of CONTEXTS) {
        const parts = Object.values(explain(failureOf(reason, facts).with(context)))
        for (const part of parts) assert.match(part, /^(?!.*(undefined|NaN|\[object|[{}]| with {2})).*\S/)
      }
    }
  })
}

/** The templates of a row, and what else may stand in their place. */
function templatesOf({ what, meaning, next, parts = {} }: Row): string[] {
  const of = (text: Text): string[] => {
    if (typeof text === 'function') return []
    return typeof text === 'string' ? [text] : [...Object.values(text.of), text.else ?? '', text.absent ?? '']
  }
  return [what, meaning, next, ...Object.values(parts)].flatMap(of)
}

test('explain: each placeholder stands for a fact that its reason has, or for a part', () => {
  const common = ['endpoint', 'state', 'command', 'before', 'path', 'bytes', 'expectedBytes', 'bufferBytes', 'help', 'fate', 'provider']
  for (const reason of REASON_NAMES) {
    const row = REASONS[reason]
    const known = new Set([...common, ...SAMPLES[reason].flatMap((facts) => Object.keys(facts)), ...Object.keys(row.parts ?? {})])
    for (const template of templatesOf(row)) {
      for (const [, name = ''] of template.matchAll(/\{(\w*)/g)) assert.ok(known.has(name), `${reason}: {${name}} in "${template}"`)
    }
  }
})

test('explain: no part of a row goes unused', () => {
  for (const reason of REASON_NAMES) {
    const row = REASONS[reason]
    const text = templatesOf(row).join()
    for (const part of Object.keys(row.parts ?? {})) assert.ok(text.includes(`{${part}}`), `${reason}: {${part}}`)
  }
})

test('explain: a row with a fact that its reason does not have, or may not have, does not compile', () => {
  const rest = { meaning: 'm', next: 'n' } as const
  const made = [
    // @ts-expect-error no such fact
    rows({ RESET: { what: '{given}', ...rest } }),
    // @ts-expect-error no such format
    rows({ RESET: { what: '{errno:loud}', ...rest } }),
    // @ts-expect-error a fact that may be missing
    rows({ RESET: { what: 'in {state}', ...rest } }),
    // @ts-expect-error no words for EMPTY
    rows({ PASS_FILE: { what: '{why}', ...rest, parts: { why: { by: 'problem', of: { UNREADABLE: '{errno}' } } } } }),
    // @ts-expect-error no such reason
    rows({ NO_REASON: { what: 'w', ...rest } }),
  ]
  assert.equal(made.length, 5)
})

test('explain: a refusal quotes the server and the command it answered', () => {
  const { what } = explain(new ReplError('LOADING', REFUSED))
  assert.equal(what, `192.0.2.1:6379 answered PSYNC ? -1 with "-${REPLY}"`)
})

test('explain: the words of a server are not used as a template, nor a file name as a choice', () => {
  assert.match(explain(new ReplError('LOADING', { reply: "{endpoint} $& $' {state? x}" })).what, /"-\{endpoint\} \$& \$' \{state\? x\}"$/)
  assert.match(explain(new ReplError('WRITE', { path: 'stdout', output: 'FILE', errno: 'constructor' })).meaning, /was removed\.$/)
})

test('explain: if INFO is refused, no advice needs INFO', () => {
  for (const reason of ['UNKNOWN_COMMAND', 'COMMAND_BLOCKED', 'COMMAND_REFUSED'] as const) {
    for (const command of ['INFO', 'INFO replication']) {
      const { meaning, next } = explain(new ReplError(reason, { ...REFUSED, command }))
      assert.doesNotMatch(meaning + next, /redis-repl lag/)
      assert.match(next, /redis-repl handshake/)
    }
  }
})

test('explain: a recognised service is named instead of a guess', () => {
  const { meaning } = explain(new ReplError('UNKNOWN_COMMAND', { ...REFUSED, provider: 'ENVOY' }))
  assert.equal(
    meaning,
    'This server accepts no replicas. This is Envoy (recognised by its error reply). Proxies do not forward PSYNC. ' +
      'Connect to one of its servers directly. INFO still works, and with it: redis-repl lag',
  )
})

test('explain: advice for a failure of a Sentinel is about the Sentinels', () => {
  for (const reason of ['SENTINEL_NOAUTH', 'SENTINEL_WRONGPASS'] as const) {
    assert.match(explain(new ReplError(reason, REFUSED)).next, /--sentinel-pass-file.*|--sentinel-user/)
  }
})

test('explain: each Sentinel that does not answer is named with its reason', () => {
  const failures = [
    new ReplError('CONNECTION_REFUSED', { endpoint: 'h1:26379', errno: 'ECONNREFUSED' }),
    new ReplError('LATE', { endpoint: 'h2:26379' }),
  ].map((failure) => failure.toFailure())
  assert.equal(
    explain(new ReplError('SENTINELS', { failures })).what,
    'None of the Sentinels answered: h1:26379 refused the connection (ECONNREFUSED); h2:26379 did not answer in time.',
  )
})

test('explain: a connection refused is not a command refused', () => {
  assert.match(explain(new ReplError('CONNECTION_REFUSED', { errno: 'ECONNREFUSED' })).what, /refused the connection \(ECONNREFUSED\)/)
})

test('explain: a truncated payload shows the received bytes, and the announced size if it is known', () => {
  const cutBy = new ReplError('RESET', { errno: 'ECONNRESET' }).toFailure()
  const what = (context: Context) => explain(new ReplError('PAYLOAD_TRUNCATED', { bytes: 10, cutBy, ...context })).what
  assert.match(what({}), /after 10 bytes of the RDB\.$/)
  assert.match(what({ expectedBytes: 20 }), /after 10 bytes of the RDB \(of 20\)\.$/)
})

test('explain: for a missing right, the advice is the rule that grants this user exactly that', () => {
  const replies: readonly (readonly [reply: string, command: string, rule: string])[] = [
    ["NOPERM this user has no permissions to run the 'psync' command or its subcommand", 'PSYNC ? -1', 'ACL SETUSER me +psync.'],
    [
      "NOPERM this user has no permissions to run the 'config' command or its subcommand",
      'CONFIG GET repl-*',
      'ACL SETUSER me +config|get.',
    ],
    ["NOPERM User lowly has no permissions to run the 'replconf' command", 'REPLCONF capa eof', 'ACL SETUSER lowly +replconf.'],
    ["NOPERM User lowly has no permissions to run the 'client|list' command", 'CLIENT LIST', 'ACL SETUSER lowly +client|list.'],
    ['NOPERM No permissions to access a channel', 'SUBSCRIBE x', 'ACL SETUSER me allchannels.'],
    ['NOPERM not a reply of Redis', 'INFO', 'ACL SETUSER me +info.'],
  ]
  for (const [reply, command, rule] of replies) {
    const { next } = explain(new ReplError('NOPERM', { reply, command, user: 'me' }))
    assert.ok(next.includes(rule), next)
    assert.equal(/reads? every key|read every key/.test(next), rule.includes('+psync'))
  }
})
