/** Servers whose reply never becomes complete: each run ends at its time limit, and says what came. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { FakeMaster, type Script } from '../helpers/fake-master.ts'
import { cli } from '../helpers/run.ts'

const LIMITS = ['--step-timeout', '1', '--silence-timeout', '1']

describe('a reply that never becomes complete', { concurrency: 2 }, () => {
  const running: FakeMaster[] = []
  after(() => {
    for (const one of running) one.stop()
  })

  async function target(script: Script): Promise<string> {
    const master = await FakeMaster.start(script)
    running.push(master)
    return master.target
  }

  const NEWLINES = /sent only newlines for 1 s/
  const PART = /sent no complete reply within 1 s/
  for (const [command, answer, words, ...args] of [
    ['PING', { drip: '\n' }, NEWLINES, 'handshake'],
    ['INFO', { drip: '\n' }, NEWLINES, 'lag'],
    ['INFO', { drip: '\r\n' }, NEWLINES, 'lag'],
    ['CLIENT', { drip: '\n' }, NEWLINES, 'lag'],
    ['AUTH', { drip: '\n' }, NEWLINES, 'lag', '--user', 'u', '--pass', 'p'],
    ['PING', { bytes: '+PO', drip: 'x' }, PART, 'handshake'],
    ['INFO', { bytes: '+PO', drip: 'x' }, PART, 'lag'],
    ['PSYNC', { bytes: '+CONT', drip: 'x' }, PART, 'handshake'],
  ] as const) {
    it(`ends ${args[0]} at its limit: ${JSON.stringify(answer)} in reply to ${command}`, async () => {
      const ran = await cli([...args, await target({ [command]: answer }), ...LIMITS])
      assert.equal(ran.status, 3, ran.out + ran.err)
      assert.match(ran.err.replaceAll(/\s+/g, ' '), words)
    })
  }

  for (const command of ['INFO', 'CONFIG', 'CLIENT']) {
    it(`does not keep handshake from its end: newlines in reply to ${command}`, async () => {
      const ran = await cli(['handshake', await target({ [command]: { drip: '\n' } }), ...LIMITS])
      assert.notEqual(ran.status, null, ran.err)
    })
  }

  for (const [first, words] of [
    [':', PART],
    ['+PO', PART],
    ['$100\r\nabc', PART],
    ['\n', NEWLINES],
    ['', /sent nothing for 1 s/],
  ] as const) {
    it(`is reported as what it is: ${JSON.stringify(first)}, and then silence`, async () => {
      const script = { INFO: { bytes: first }, CLIENT: { bytes: first }, ...(first[0] !== '$' && { PING: { bytes: first } }) }
      for (const command of ['PING' in script ? 'handshake' : 'lag', 'lag']) {
        const ran = await cli([command, await target(script), ...LIMITS])
        assert.equal(ran.status, 3, ran.out + ran.err)
        assert.match(ran.err.replaceAll(/\s+/g, ' '), words)
      }
    })
  }
})
