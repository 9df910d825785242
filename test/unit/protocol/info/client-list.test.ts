import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientEntries } from '../../../../src/protocol/info/client-list.ts'

const LINE = 'id=7 addr=[::1]:50208 laddr=[::1]:6379 fd=9 name= age=3 flags=S omem=30247072 cmd=psync user=default lib-name=a=b'

test('each line of CLIENT LIST is a client with its fields', () => {
  const [first, second, ...more] = clientEntries(`${LINE}\n${LINE.replace('id=7', 'id=8')}\n`)
  assert.deepEqual([first?.get('id'), second?.get('id'), more.length], ['7', '8', 0])
  assert.deepEqual([first?.get('addr'), first?.get('omem'), first?.get('name')], ['[::1]:50208', '30247072', ''])
})

test('a value may hold an equals sign', () => assert.equal(clientEntries(LINE)[0]?.get('lib-name'), 'a=b'))

test('an empty list has no clients', () => assert.deepEqual([clientEntries(''), clientEntries('\n')], [[], []]))
