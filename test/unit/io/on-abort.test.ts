/** A run has one signal, and many that listen to it for a while. */
import assert from 'node:assert/strict'
import { getEventListeners, once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import type { Access } from '../../../src/engine/ask/access.ts'
import { ReplError } from '../../../src/errors.ts'
import { sleep } from '../../../src/io/clock.ts'
import { onAbort } from '../../../src/io/on-abort.ts'
import { connectSocket } from '../../../src/io/socket-link.ts'
import { ReplicationTree } from '../../../src/survey/tree.ts'
import { AddressMap } from '../../../src/topology/address-map.ts'
import { FakeMaster } from '../../helpers/fake-master.ts'

const LIMIT_MS = 5000
const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length
const isAborted = (error: unknown) => error instanceof ReplError && error.code === 'ABORTED'

function endpointOf({ target }: FakeMaster) {
  return { kind: 'tcp', host: '127.0.0.1', port: Number(target.split(':')[1]) } as const
}

test('onAbort: acts when the signal fires, at once when it has fired, and not after it was taken back', () => {
  const stop = new AbortController()
  const seen: string[] = []
  onAbort(stop.signal, () => seen.push('first'))
  onAbort(stop.signal, () => seen.push('taken back'))()
  assert.equal(seen.length, 0)
  stop.abort('test')
  onAbort(stop.signal, () => seen.push('late'))
  assert.deepEqual(seen, ['first', 'late'])
})

test('sleep: leaves no listener on the signal, neither at its end nor when the signal fires', async () => {
  const stop = new AbortController()
  await sleep(1, stop.signal)
  assert.equal(listeners(stop.signal), 0)
  const slept = sleep(600_000, stop.signal)
  assert.equal(listeners(stop.signal), 1)
  stop.abort('test')
  await assert.rejects(slept, isAborted)
  await assert.rejects(sleep(600_000, stop.signal), isAborted)
  assert.equal(listeners(stop.signal), 0)
})

test('connections that were closed, refused or lost leave no listener on the signal', async (context) => {
  const { signal } = new AbortController()
  const master = await FakeMaster.start({}, { close: true })
  context.after(() => master.stop())
  for (let index = 0; index < 5; index++) {
    const link = await connectSocket(endpointOf(master), { limitMs: LIMIT_MS }, signal)
    if (index % 2 === 0) await link.read(LIMIT_MS)
    link.close()
  }
  const free = createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const { port } = free.address() as { port: number }
  free.close()
  await once(free, 'close')
  await assert.rejects(connectSocket({ kind: 'tcp', host: '127.0.0.1', port }, { limitMs: LIMIT_MS }, signal))
  // A socket tells that it is closed a little later.
  for (let turn = 0; listeners(signal) > 0 && turn < 1000; turn++) await new Promise(setImmediate)
  assert.equal(listeners(signal), 0)
})

test('a tree that is found leaves no listener on the signal, and no timer that the process would wait for', async (context) => {
  const { signal } = new AbortController()
  const master = await FakeMaster.start()
  context.after(() => master.stop())
  const entry = {
    endpoint: endpointOf(master),
    clientName: 'test',
    limits: { connectMs: LIMIT_MS, stepMs: LIMIT_MS, silenceMs: LIMIT_MS },
  } as Access
  const every = { masterEveryMs: 1000, replicaEveryMs: 1000, questionsPerSecond: 100 }
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  const tree = await ReplicationTree.find(
    { entry, replicas: () => [], addresses: new AddressMap([]), ...every, onObservation: () => {} },
    signal,
  )
  tree.stop()
  // What was stopped needs a turn to end.
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
  assert.equal(listeners(signal), 0)
  assert.equal(timers(), before)
})

test('many links on one signal are not a leak, and Node does not warn of one', async (context) => {
  const warnings: string[] = []
  const onWarning = ({ message }: Error) => warnings.push(message)
  process.on('warning', onWarning)
  context.after(() => process.off('warning', onWarning))
  const master = await FakeMaster.start()
  context.after(() => master.stop())
  const stop = new AbortController()
  const opening = Array.from({ length: 20 }, () => connectSocket(endpointOf(master), { limitMs: LIMIT_MS }, stop.signal))
  const links = await Promise.all(opening)
  const waiting = links.map(() => sleep(600_000, stop.signal))
  assert.equal(listeners(stop.signal), 40)
  stop.abort('test')
  await Promise.allSettled(waiting)
  for (const link of links) link.close()
  assert.deepEqual(warnings, [])
})
