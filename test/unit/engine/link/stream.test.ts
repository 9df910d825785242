/** The stream of a master that sends nothing but newlines. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { streamBytes } from '../../../../src/engine/link/stream.ts'
import { ReplError } from '../../../../src/errors.ts'
import { SlowLink } from '../../../helpers/scripted-link.ts'
import { multibulk, REPLID } from '../../../helpers/wire.ts'

/** Follows one chunk a second, of a master whose INFO cannot be asked. @returns after how many seconds the link is given up */
async function secondsUntilSilent(now: { mock: (clock: () => number) => void }, chunks: Buffer[]): Promise<number> {
  const link = new SlowLink(chunks)
  now.mock(() => link.clock)
  const began = link.clock
  const limits = { connectMs: 1000, stepMs: 1000, silenceMs: 60_000 }
  const connect = () => Promise.reject(new ReplError('CONNECTION_REFUSED', { errno: 'ECONNREFUSED' }))
  const access = { endpoint: { kind: 'unix', path: '/nowhere' }, clientName: 'test', limits, connect } as const
  const batches = streamBytes(
    link,
    Buffer.alloc(0),
    { replid: REPLID, offset: 0 },
    {},
    access,
    { mode: 'zero' },
    new AbortController().signal,
  )
  await assert.rejects(
    async () => {
      for await (const batch of batches) assert.ok(batch.every(({ type }) => type === 'following' || type === 'stream-chunk'))
    },
    { code: 'LINK_LOST', message: 'LINK_LOST (SILENT)' },
  )
  return (link.clock - began) / 1000
}

test('bare newlines do not hold off the check of a silent master, and commands do', async (context) => {
  const mock = (clock: () => number) => void context.mock.method(performance, 'now', clock)
  const newlines = (count: number) => Array.from({ length: count }, () => Buffer.from('\n'))
  const pings = Array.from({ length: 20 }, () => multibulk('PING'))
  assert.equal(await secondsUntilSilent({ mock }, newlines(500)), 30)
  context.mock.restoreAll()
  assert.equal(await secondsUntilSilent({ mock }, [...newlines(20), ...pings, ...newlines(500)]), 20 + 20 + 30)
})
