import assert from 'node:assert/strict'
import { test } from 'node:test'
import { infoNumber, parseInfo } from '../../../../src/protocol/info/info.ts'

const INFO = parseInfo(
  [
    '# Replication',
    'role:master',
    'slave0:ip=redis_repl,port=-1,state=online,offset=0,lag=1,io-thread=0',
    'second_repl_offset:-1',
    'master_repl_offset:9007199254740993',
    'mem_fragmentation_ratio:1.5',
    'empty:',
    '# Not a field: a title',
    'line without a colon',
    '',
  ].join('\r\n'),
)

test('parseInfo: fields are kept, titles and blank lines are not', () => {
  assert.deepEqual([...INFO.keys()], ['role', 'slave0', 'second_repl_offset', 'master_repl_offset', 'mem_fragmentation_ratio', 'empty'])
})

test('parseInfo: a value begins after the first colon', () => {
  const info = parseInfo('executable:/opt/a:b\nconfig_file:\r\n')
  assert.deepEqual([info.get('executable'), info.get('config_file')], ['/opt/a:b', ''])
})

test('parseInfo: unknown and list-like values are kept verbatim', () => {
  assert.equal(INFO.get('slave0'), 'ip=redis_repl,port=-1,state=online,offset=0,lag=1,io-thread=0')
})

const NUMBERS: readonly (readonly [rule: string, field: string, value: number | undefined])[] = [
  ['a negative number keeps its sign', 'second_repl_offset', -1],
  ['a number that would be rounded is none', 'master_repl_offset', undefined],
  ['a fraction is no whole number', 'mem_fragmentation_ratio', undefined],
  ['a word is no number', 'role', undefined],
  ['an empty value is no number, and not zero', 'empty', undefined],
  ['a field the server does not have is undefined', 'total_forks', undefined],
]

for (const [rule, field, value] of NUMBERS) {
  test(`infoNumber: ${rule}`, () => assert.equal(infoNumber(INFO, field), value))
}
