/** Addresses that lead nowhere, as servers announce them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectSocket } from '../../../src/io/socket-link.ts'

test('an address without a host or a possible port is never looked up or dialled', async (context) => {
  const warned: string[] = []
  const onWarning = ({ message }: Error) => void warned.push(message)
  process.on('warning', onWarning)
  context.after(() => process.off('warning', onWarning))
  const steps: unknown[] = []
  const options = { limitMs: 1000, note: (step: unknown) => void steps.push(step) }
  const incomplete: [host: string, port: number][] = [
    ['', 6379],
    ['127.0.0.1', 0],
    ['127.0.0.1', -1],
    ['localhost', 65_536],
    ['localhost', Number.NaN],
    ['127.0.0.1', 6379.5],
  ]
  for (const [host, port] of incomplete) {
    const dialling = connectSocket({ kind: 'tcp', host, port }, options, new AbortController().signal)
    await assert.rejects(dialling, { code: 'TRY_LATER', message: 'TRY_LATER (NO_ADDRESS)' }, `${host}:${port}`)
  }
  await new Promise(setImmediate)
  assert.deepEqual([steps, warned], [[], []])
})
