/** What is a key, and what a pattern of keys means, by the servers' own judgement. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { loadKeyRules } from '../../src/engine/ask/command-table.ts'
import { compileGlob } from '../../src/protocol/stream/glob.ts'
import { KeyRules } from '../../src/protocol/stream/key-rules.ts'
import { RunningServer, servers } from '../helpers/server.ts'

const LINES = [
  'SET a v',
  'DEL a b c',
  'MSET a v b v',
  'RENAME a b',
  'SMOVE a b m',
  'BITOP AND a b c',
  'SUNIONSTORE a b c',
  'ZUNIONSTORE a 2 b c WEIGHTS 1 2',
  'EVAL script 2 a b arg',
  'SORT a STORE b',
  'XGROUP CREATE a group $',
  'XREADGROUP GROUP g c STREAMS a b > >',
  'XADD a * f v',
  'PFMERGE a b c',
  'RPOPLPUSH a b',
  'BRPOPLPUSH a b 0',
  'BLPOP a b 0',
  'GEORADIUS a 1 2 3 m STORE b',
  'HSET a f v',
  'LINSERT a BEFORE x y',
  'SETEX a 10 v',
  'ZADD a 1 m',
  'PEXPIREAT a 99999',
  'RESTORE a 0 payload',
  'XCLAIM a g c 0 1-1',
  'XSETID a 1-1',
  'MSETNX a v b v',
  'MIGRATE h 1 a 0 100',
  'COPY a b REPLACE',
  'LMOVE a b LEFT LEFT',
  'LMPOP 2 a b LEFT',
  'ZRANGESTORE a b 0 -1',
  'FCALL f 1 a arg',
  'HPEXPIREAT a 1 FIELDS 1 f',
  'MSETEX 2 a v b v',
] // prettier-ignore

const PATTERNS = [
  '*',
  'user:*',
  'user:?',
  'u[a-s]er:1',
  'u[^a-s]er:1',
  '*:1',
  '\\*',
  '[',
  '[a',
  'a[b',
  '[]a]',
  '\\',
  'x\\',
  '[\\]]',
  'é*',
  '*[0-2]',
  'u*r*1',
  '[z-a]',
  '[a-]',
  '',
  '**',
  '[^]',
  '?',
] // prettier-ignore
const KEYS = ['user:1', 'user:2', 'user:10', 'uzer:1', '*', '[', '[a', ']', 'a', 'a]', 'a[b', 'é', 'éa', '\\', 'x\\', 'x', '-', 'z', 'ab'] // prettier-ignore

for (const installed of servers()) {
  describe(`keys of ${installed.id}`, () => {
    let server: RunningServer
    before(async () => {
      server = await RunningServer.start(installed)
    })
    after(() => server.stop())

    it('stand where the server itself finds them, by its table and by ours', async () => {
      const access = {
        endpoint: { kind: 'tcp', host: '127.0.0.1', port: server.port },
        clientName: 'redis-repl',
        limits: { connectMs: 5000, stepMs: 5000, silenceMs: 5000 },
      } as const
      const learned = await loadKeyRules(access as Parameters<typeof loadKeyRules>[0], new AbortController().signal)
      let compared = 0
      for (const line of LINES) {
        const words = line.split(' ')
        const told = await server.cli('COMMAND', 'GETKEYS', ...words)
        if (told.startsWith('ERR')) continue // a command that this server does not know
        compared += 1
        const source = { argc: words.length, name: words[0] as string, text: (index: number) => words[index] ?? '' }
        const named = (rules: KeyRules) => [...new Set(rules.positions(source).map((index) => words[index]))].sort()
        const wanted = [...new Set(told.split('\n'))].sort()
        assert.deepEqual(named(learned), wanted, `learned: ${line}`)
        assert.deepEqual(named(KeyRules.builtIn()), wanted, `built in: ${line}`)
      }
      assert.ok(compared >= 25, `${compared} commands`)
    })

    it('match a pattern when KEYS says so', async () => {
      for (const key of KEYS) await server.cli('SET', key, '1')
      for (const pattern of PATTERNS) {
        const told = (await server.cli('KEYS', pattern)).split('\n').filter(Boolean).sort()
        const glob = compileGlob(pattern)
        const ours = KEYS.filter((key) => glob(Buffer.from(key), 0, Buffer.byteLength(key))).sort()
        assert.deepEqual(ours, told, pattern)
      }
    })
  })
}
