/**
 * handshake and psync claim no more than they have seen: each green word and each status 0 is gone without its evidence. What no real server does on demand is in test/cli/evidence.test.ts.
 */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Claims, claimsOf } from '../helpers/claims.ts'
import { TcpProxy } from '../helpers/proxy.ts'
import { activateBacklog, pair } from '../helpers/replication.ts'
import { oldestNewestAndValkey, RunningServer } from '../helpers/server.ts'

/** The rights of each user besides those of a replica. */
const USERS = { blind: '', unset: '+info +client|list', uncounted: '+client|list +config|get', deaf: '-psync +info' }

const NO_SAMPLE = ['--sample', '0']
const says = (word: string) => (one: string) => one.startsWith(word)

function assertNoGreen({ green, out, err }: Claims, word: string): void {
  assert.equal(green.some(says(word)), false, out + err)
}

for (const installed of oldestNewestAndValkey()) {
  const isOldest = installed.id === 'redis-6.0'

  describe(`what handshake and psync claim of ${installed.id}`, () => {
    let server: RunningServer
    let other: RunningServer
    let proxy: TcpProxy
    before(async () => {
      const settings = { 'repl-diskless-sync-delay': '0' }
      ;[server, other] = await Promise.all([RunningServer.start(installed, settings), RunningServer.start(installed, settings)])
      for (const one of [server, other]) await activateBacklog(one)
      for (const [name, rights] of Object.entries(USERS)) {
        const wanted = rights.split(' ').filter((right) => right !== '')
        // 6.0 knows the subcommands of CLIENT and CONFIG, too.
        await server.cli('ACL', 'SETUSER', name, 'on', '>pw', '+psync', '+replconf', '+ping', ...wanted)
      }
      proxy = await TcpProxy.start(server.port)
    })
    after(async () => {
      proxy?.stop()
      await Promise.all([server?.stop(), other?.stop()])
    })

    const as = (user: keyof typeof USERS) => `redis://${user}:pw@${server.target}`

    it('handshake is green, and ends with 0, by a granted PSYNC', async () => {
      const { green, status } = await claimsOf(['handshake', server.target])
      assert.deepEqual([green, status], [['OK:'], 0])
    })

    it('without INFO its OK is not green, and without a safe question for the right it is none', async () => {
      const ran = await claimsOf(['handshake', as('blind')])
      assertNoGreen(ran, 'OK')
      assert.equal(ran.status, isOldest ? 10 : 0)
      assert.match(
        ran.out,
        isOldest ? /UNKNOWN:.*refused\s+nothing\s+so\s+far/s : /OK:.*allowed to sync\s+from\s+here\.\s+INFO\s+is\s+not\s+available/s,
      )
      assert.doesNotMatch(ran.out, /without a\s+fork\.\s*$/)
    })

    it('without the right to PSYNC it ends with 4', async () => {
      const ran = await claimsOf(['handshake', as('deaf')])
      assertNoGreen(ran, 'OK')
      assert.equal(ran.status, 4, ran.err)
    })

    for (const command of [['handshake'], ['psync', ...NO_SAMPLE], ['psync', '--full', '--diskless']]) {
      it(`${command.join(' ')} claims nothing where the second connection reaches another server`, async () => {
        proxy.lead(server.port, other.port)
        const ran = await claimsOf([...command, proxy.target])
        for (const word of ['OK', 'PARTIAL', 'SAFE']) assertNoGreen(ran, word)
        assert.equal(ran.status, 5, ran.out)
      })
    }

    it('handshake does not claim to be without a fork where PSYNC contradicts INFO', async (context) => {
      const replid = await server.info('master_replid')
      const swapped = await TcpProxy.start(server.port, (chunk) =>
        Buffer.from(chunk.toString('latin1').replaceAll(replid, 'b'.repeat(40)), 'latin1'),
      )
      context.after(() => swapped.stop())
      const ran = await claimsOf(['handshake', swapped.target])
      assert.doesNotMatch(ran.out, /accepted|without a\s+fork/)
      assert.match(ran.out.replace(/\s+/g, ' '), /total_forks in INFO shows whether it forked/)
    })

    it('psync is green by a granted PSYNC, not by a forecast', async () => {
      const asked = await claimsOf(['psync', server.target, ...NO_SAMPLE, '-q'])
      assert.deepEqual([asked.green, asked.status], [['PARTIAL:'], 0])
      const foretold = await claimsOf(['psync', server.target, ...NO_SAMPLE, '-q', '--explain'])
      assert.deepEqual([foretold.green, foretold.status], [[], 0])
      assert.match(foretold.out, /PARTIAL/)
    })

    it('psync without INFO has no answer and no status 0, and no cost', async () => {
      const ran = await claimsOf(['psync', as('blind'), ...NO_SAMPLE])
      assertNoGreen(ran, 'PARTIAL')
      assert.equal(ran.status, 10, ran.out)
      assert.match(ran.out, /UNKNOWN/)
      assert.match(ran.out, /Server counters: unknown\./)
      assert.equal((await claimsOf(['psync', as('blind'), ...NO_SAMPLE, '--expect', 'continue', '-q'])).status, 1)
      assert.equal((await claimsOf(['psync', as('blind'), ...NO_SAMPLE, '--explain'])).status, 4)
    })

    it('psync --full is SAFE by the live end, the buffer and its limit, and unknown without one of them', async () => {
      const full = (target: string) => claimsOf(['psync', target, '--full', '--diskless'])
      const all = await full(server.target)
      assert.deepEqual([all.green.includes('SAFE:'), all.status], [true, 0], all.out)
      const blind = await full(as('uncounted'))
      assertNoGreen(blind, 'SAFE')
      assert.match(blind.out.replace(/\s+/g, ' '), /UNKNOWN.*INFO did not show the offset to catch up with \(\+info\)/)
      const unset = await full(as('unset'))
      assertNoGreen(unset, 'SAFE')
      assert.match(unset.out.replace(/\s+/g, ' '), /UNKNOWN.*CONFIG GET did not show its limit/)
    })

    it('psync --full calls no payload verified that has no checksum', async (context) => {
      assert.match((await claimsOf(['psync', server.target, '--full', '--diskless'])).out, /bytes, CRC64 verified/)
      const unchecked = await RunningServer.start(installed, { rdbchecksum: 'no', 'repl-diskless-sync-delay': '0' })
      context.after(() => unchecked.stop())
      const ran = await claimsOf(['psync', unchecked.target, '--full', '--diskless'])
      assert.doesNotMatch(ran.out, /CRC64/)
      assert.match(ran.out, /without a checksum \(rdbchecksum no\)/)
    })
  })

  describe(`what psync --from-replica claims of ${installed.id}`, () => {
    const running: RunningServer[] = []
    after(() => Promise.all(running.map((one) => one.stop())))

    it('is green by the position that the replica itself shows, and by nothing else', async () => {
      const [master, replica] = await pair(installed)
      const stray = await RunningServer.start(installed, { replicaof: '127.0.0.1 1' })
      running.push(master, replica, stray)
      const from = (target: string) => claimsOf(['psync', master.target, '--from-replica', target, ...NO_SAMPLE, '-q'])
      const seen = await from(replica.target)
      assert.deepEqual([seen.green, seen.status], [['PARTIAL:'], 0], seen.out + seen.err)

      const neverUp = await from(stray.target)
      assert.deepEqual(neverUp.green, [], neverUp.out)
      assert.match(neverUp.out, /FULL/)

      await replica.cli('ACL', 'SETUSER', 'blind', 'on', '>pw', '+ping')
      const refused = await from(`redis://blind:pw@${replica.target}`)
      assert.deepEqual([refused.green, refused.status], [[], 4], refused.out)

      await replica.stop()
      const gone = await from(replica.target)
      assert.deepEqual([gone.green, gone.status], [[], 3], gone.out)
    })

    it('a server whose own link is down would have to wait, with 6', async () => {
      const [master, replica] = await pair(installed)
      running.push(master, replica)
      await master.stop()
      await replica.until('a lost link', async () => (await replica.info('master_link_status')) === 'down')
      for (const how of [[], ['--explain']]) {
        const ran = await claimsOf(['psync', replica.target, ...NO_SAMPLE, ...how])
        assertNoGreen(ran, 'PARTIAL')
        assert.equal(ran.status, 6, ran.out + ran.err)
      }
    })
  })
}
