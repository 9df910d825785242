import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteTable } from '../../../../src/protocol/stream/byte-table.ts'
import { compileGlob } from '../../../../src/protocol/stream/glob.ts'
import { KeyRules } from '../../../../src/protocol/stream/key-rules.ts'

function keysOf(rules: KeyRules, line: string): string[] {
  const words = line.split(' ')
  const source = { argc: words.length, name: (words[0] as string).toUpperCase(), text: (index: number) => words[index] ?? '' }
  return rules.positions(source).map((index) => words[index] as string)
}

/** By the documentation of each command: its keys are what begins with k. */
const LINES = [
  'SET k1 v',
  'set k1 v EX 10',
  'DEL k1 k2 k3',
  'UNLINK k1',
  'MSET k1 v k2 v',
  'RENAME k1 k2',
  'SMOVE k1 k2 member',
  'COPY k1 k2 DB 3',
  'BITOP AND k1 k2 k3',
  'SUNIONSTORE k1 k2 k3',
  'ZUNIONSTORE k1 2 k2 k3 WEIGHTS 1 2',
  'ZRANGESTORE k1 k2 0 -1',
  'LMPOP 2 k1 k2 LEFT',
  'BLMPOP 1 2 k1 k2 LEFT',
  'EVAL script 2 k1 k2 arg',
  'FCALL f 1 k1 arg',
  'SORT k1 BY w* STORE k2',
  'SORT k1',
  'GEORADIUS k1 1 2 3 m STORE k2',
  'XGROUP CREATE k1 group $',
  'XREADGROUP GROUP g c STREAMS k1 k2 > >',
  'XADD k1 * f v',
  'FLUSHALL',
  'PUBLISH channel text',
  'MULTI',
  'SELECT 3',
  'MSETEX 2 k1 v k2 v EX 10',
  'PFMERGE k1 k2 k3',
  'UNHEARDOF k1 x',
  'EVAL script 0 arg',
  'EVAL script x k',
  'SET',
  'BLPOP k1 k2 0',
  'MIGRATE host 6379 k1 0 100',
  'RESTORE k1 0 payload REPLACE',
  'SWAPDB 0 1',
] // prettier-ignore

test('KeyRules: the built-in rules find the keys without a server', () => {
  const rules = KeyRules.builtIn()
  for (const line of LINES) {
    const wanted = line.startsWith('EVAL script x')
      ? []
      : line
          .split(' ')
          .slice(1)
          .filter((word) => /^k\d/.test(word))
    assert.deepEqual(keysOf(rules, line), wanted, line)
  }
})

test('KeyRules: first keys are known by the name alone where they can be', () => {
  const rules = KeyRules.builtIn()
  assert.deepEqual(
    ['SET', 'FLUSHALL', 'EVAL', 'UNHEARDOF'].map((name) => rules.firstOf(name)),
    [1, 0, undefined, 1],
  )
})

test('KeyRules: anything but a COMMAND reply keeps the built-in rules', () => {
  for (const reply of [null, 'x', []]) assert.deepEqual(keysOf(KeyRules.fromCommandReply(reply), 'BITOP AND k1 k2'), ['k1', 'k2'])
})

test('ByteTable: one value a name, however many there are, in either case where that is wanted', () => {
  let made = 0
  const table = new ByteTable((name) => `${++made}:${name}`, true)
  const get = (name: string) => table.get(Buffer.from(`(${name})`), 1, 1 + name.length)
  const first = get('set')
  assert.equal(get('SeT'), first)
  assert.notEqual(get('se\x14'), first, 'only letters have a case')
  const names = Array.from({ length: 20_000 }, (_, index) => `name${index}`)
  for (const name of names) assert.match(get(name), new RegExp(`:${name}$`))
  assert.equal(get('set'), first)
  const strict = new ByteTable((name) => name.toString(), false)
  assert.notEqual(strict.get(Buffer.from('a'), 0, 1), strict.get(Buffer.from('A'), 0, 1))
})

test('compileGlob: what redis.io says of KEYS', () => {
  const cases: [string, string, boolean][] = [
    ['h?llo', 'hello', true],
    ['h?llo', 'hllo', false],
    ['h*llo', 'heeeello', true],
    ['h*llo', 'hllo', true],
    ['h[ae]llo', 'hillo', false],
    ['h[^e]llo', 'hallo', true],
    ['h[^e]llo', 'hello', false],
    ['h[a-b]llo', 'hbllo', true],
    ['h[b-a]llo', 'hallo', true],
    ['h\\*llo', 'h*llo', true],
    ['h\\*llo', 'hello', false],
    ['*', '', true],
    ['', '', true],
    ['', 'a', false],
    ['a*b*c', 'aXbXbXc', true],
    ['*a*a*a*a*b', 'a'.repeat(60), false],
    ['[abc', 'c', true],
    ['é', 'é', true],
    ['[\\]]', ']', true],
  ] // prettier-ignore
  for (const [pattern, text, matches] of cases) {
    const bytes = Buffer.from(`<${text}>`)
    assert.equal(compileGlob(pattern)(bytes, 1, bytes.length - 1), matches, `${pattern} ${text}`)
  }
})
