/** Proxies such as twemproxy close the connection at any command that they do not know. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeMaster } from '../helpers/fake-master.ts'
import { cli } from '../helpers/run.ts'

const CLOSES = { close: true }
const PROXIES = { 'CLIENT SETNAME': { CLIENT: CLOSES, INFO: CLOSES, REPLCONF: CLOSES }, INFO: { INFO: CLOSES, REPLCONF: CLOSES } }

for (const [command, script] of Object.entries(PROXIES)) {
  for (const args of [['handshake'], ['lag', '--sample', '100ms'], ['tail', '--duration', '1'], ['psync', '-q']]) {
    test(`${args[0]} recognises a proxy that closes the connection at ${command}`, async (context) => {
      const proxy = await FakeMaster.start(script)
      context.after(() => proxy.stop())
      const [name = '', ...flags] = args
      const ran = await cli([name, proxy.target, ...flags])
      assert.match(ran.err, /a\s+proxy\s+that\s+closes/, ran.out)
      assert.match(ran.err, /use\s+the\s+address\s+of\s+the\s+Redis\s+server\s+itself/)
      assert.doesNotMatch(ran.err, /BGSAVE/)
    })
  }
}
