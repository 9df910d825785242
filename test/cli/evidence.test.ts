/** What is claimed about scripted servers, and no longer claimed without evidence: lists and counters that no real server prints on demand. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { claimsOf } from '../helpers/claims.ts'
import { FakeMaster, infoReply, type Script } from '../helpers/fake-master.ts'

const NOPERM = "-NOPERM User default has no permissions to run the 'info' command\r\n"
const SAMPLE = ['--sample', '300ms']

async function claims(script: Script, ...args: string[]) {
  const master = await FakeMaster.start(script)
  try {
    const [command = '', ...flags] = args
    return await claimsOf([command, master.target, ...flags])
  } finally {
    master.stop()
  }
}

/** These replies to INFO in turn; the last one stays. */
function informing(...replies: string[]): Script {
  let asked = 0
  return {
    get INFO() {
      return replies[Math.min(asked++, replies.length - 1)]
    },
  }
}

/** The queries of INFO before PSYNC: on meeting the server, on the second connection, and for the position. */
const BEFORE = 3
const COUNTED = { sync_full: '0', total_forks: '0' }

it('psync claims that the server did not fork only by counters of forks and full resyncs that did not grow', async () => {
  const psync = (script: Script) => claims(script, 'psync', '--sample', '0')
  assert.match((await psync(informing(infoReply(COUNTED)))).out, /Server counters: unchanged; no fork\b/)
  const before = Array.from({ length: BEFORE }, () => infoReply(COUNTED))
  const refused = await psync(informing(...before, NOPERM))
  assert.match(refused.out, /Server counters: unknown\. .*answered\s+INFO\s+with\s+"-NOPERM/)
  const moved = await psync(informing(...before, infoReply({ sync_full: '1', total_forks: '1' })))
  assert.match(moved.out, /Server counters: total_forks 0 → 1, sync_full 0 → 1/)
  const uncounted = infoReply(COUNTED).replace('total_forks', 'other_forks')
  assert.match((await psync(informing(uncounted))).out, /Server counters: INFO shows no counters/)
})

it('handshake shows a fork of another client beside its OK, and no counter that INFO no longer shows', async () => {
  const before = Array.from({ length: BEFORE }, () => infoReply(COUNTED))
  const moved = await claims(informing(...before, infoReply({ total_forks: '1' })), 'handshake')
  assert.deepEqual([moved.green, moved.status], [['OK:'], 0])
  assert.match(moved.out, /Server counters: total_forks 0 → 1/)
  const refused = await claims(informing(...before, NOPERM), 'handshake')
  assert.match(refused.out, /Server counters: unknown\./)
})

it('psync near the end of the backlog is a forecast, and not green', async () => {
  const near = { redis_version: '6.0.16', repl_backlog_size: '100', repl_backlog_histlen: '100' }
  const ran = await claims({ INFO: infoReply(near) }, 'psync', '--sample', '0', '-q', '--replid', 'a1'.repeat(20), '--offset', '0')
  assert.deepEqual([ran.green, ran.status], [[], 0], ran.out)
  assert.match(ran.out, /PARTIAL:/)
})

const ROW = 'ip=127.0.0.1,port=1,state=online,offset=100'

it('a replica that cannot be asked has its link by a fresh ACK, and not by a list without one', async () => {
  const lag = (row: string) => claims({ INFO: infoReply({ connected_slaves: '1', slave0: row }) }, 'lag', ...SAMPLE, '--require-link')
  const fresh = await lag(`${ROW},lag=1`)
  assert.deepEqual([fresh.green, fresh.status], [['OK:'], 0], fresh.out)
  for (const row of [ROW, `${ROW},lag=11`, `${ROW.replace('online', 'send_bulk')},lag=1`]) {
    const stale = await lag(row)
    assert.deepEqual([stale.green, stale.status], [[], 1], stale.out)
  }
})

it('a master that counts replicas which it does not list is not without replicas', async () => {
  const INFO = infoReply({ connected_slaves: '2' })
  const told = await claims({ INFO }, 'lag', ...SAMPLE)
  assert.match(told.out, /It counts 2 replicas that it does not list\./)
  assert.doesNotMatch(told.out, /No replica is attached/)
  const checked = await claims({ INFO }, 'lag', ...SAMPLE, '--max-bytes', '1mb')
  assert.deepEqual([checked.green, checked.status], [[], 1], checked.out)
  const plugin = await claims({ INFO }, 'lag', ...SAMPLE, '--format', 'nagios')
  assert.deepEqual([plugin.status, /^REPLICATION UNKNOWN/.test(plugin.out)], [3, true], plugin.out)
})

it('a history that goes back is a new one, and no figure of the old one stays', async () => {
  let asked = 0
  const script: Script = {
    get INFO() {
      asked += 1
      return infoReply({ master_repl_offset: asked > 2 ? '50' : '100', connected_slaves: '1', slave0: `${ROW},lag=0` })
    },
  }
  const ran = await claims(script, 'lag', ...SAMPLE, '--max-bytes', '0', '--json')
  const { master, replicas } = JSON.parse(ran.out)
  assert.equal(master.offset, 50)
  assert.ok(replicas[0].lag === null || replicas[0].lag.bytes >= 0, ran.out)
})

it('a prometheus scrape by ROLE says nothing of resync loops, which only counters show', async () => {
  const ROLE = '*3\r\n$6\r\nmaster\r\n:100\r\n*0\r\n'
  const byInfo = await claims({}, 'lag', ...SAMPLE, '--format', 'prometheus')
  assert.match(byInfo.out, /^redis_repl_resync_loop\{.*\} 0$/m)
  const byRole = await claims({ INFO: NOPERM, ROLE }, 'lag', ...SAMPLE, '--format', 'prometheus')
  assert.match(byRole.out, /^redis_repl_master_up\{.*\} 1$/m)
  assert.doesNotMatch(byRole.out, /redis_repl_resync_loop/)
})
