/** `lag` against a scripted server: bad input, and trees that no real server has on demand. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { assertThreeParts } from '../helpers/failures.ts'
import { FakeMaster, infoReply } from '../helpers/fake-master.ts'
import { assertMetrics, sample } from '../helpers/promtool.ts'
import { cli } from '../helpers/run.ts'
import { assertSchema } from '../helpers/schema.ts'

const masters: FakeMaster[] = []
after(() => {
  for (const master of masters) master.stop()
})

async function listing(lines: readonly string[], fields: Record<string, string> = {}): Promise<FakeMaster> {
  const slaves = Object.fromEntries(lines.map((line, index) => [`slave${index}`, line]))
  const master = await FakeMaster.start({
    INFO: infoReply({ run_id: 'f'.repeat(40), connected_slaves: String(lines.length), ...fields, ...slaves }),
  })
  masters.push(master)
  return master
}

const line = (port: number, offset = 100) => `ip=127.0.0.1,port=${port},state=online,offset=${offset},lag=0`

describe('lag', () => {
  const contradictions: readonly (readonly [RegExp, readonly string[]])[] = [
    [/--format prometheus cannot be combined with --watch/, ['--watch', '--format', 'prometheus']],
    [/--warning and --critical need --format nagios/, ['--warning', '1']],
    [/--for and --wait need a check/, ['--wait', '1s']],
    [/--sample takes a duration/, ['--sample', 'soon']],
    [/--resolution takes at least 1ms/, ['--resolution', '0']],
    [/--map takes ANNOUNCED=REACHABLE/, ['--map', 'nothing']],
    [/--max-bytes takes a size/, ['--max-bytes', 'much']],
    [/--warning takes a range/, ['--format', 'nagios', '--warning', 'x']],
    [/--interval/, ['-i', '1s']],
    [/--listen takes an address and a port/, ['--listen', '127.0.0.1']],
    [/--listen takes an address and a port/, ['--listen', ':70000']],
    [/--format text cannot be combined with --listen/, ['--listen', '0', '--format', 'text']],
    [/--format nagios cannot be combined with --listen/, ['--listen', '0', '--format', 'nagios']],
    [/--watch .*--listen/, ['--listen', '0', '--watch']],
    [/--wait .*--listen/, ['--listen', '0', '--wait', '1s', '--require-link']],
  ]
  for (const [words, flags] of contradictions) {
    it(`refuses ${flags.join(' ')}`, async () => {
      const master = await listing([])
      const ran = await cli(['lag', master.target, ...flags])
      if (flags.includes('nagios')) {
        assert.equal(ran.status, 3)
        assert.match(ran.out, words)
      } else if (flags.includes('json')) {
        assert.equal(ran.status, 2)
        assert.match(JSON.parse(ran.out).error.what, words)
      } else {
        assertThreeParts(ran, 'USAGE', 2)
        assert.match(ran.err, words)
      }
    })
  }

  it('lists hundreds of replicas that it cannot reach, by their ACKs', async () => {
    // Nothing listens on the ports of the system.
    const master = await listing(Array.from({ length: 300 }, (_, index) => line(index + 1)))
    const ran = await cli(['lag', master.target, '--sample', '500ms', '--json'])
    assert.equal(ran.status, 0, ran.err)
    const { replicas } = assertSchema(ran.out, 'lag') as unknown as {
      replicas: { state: string; lag: { method: string; bytes: number } }[]
    }
    assert.equal(replicas.length, 300)
    for (const replica of replicas) assert.deepEqual([replica.state, replica.lag.method, replica.lag.bytes], ['unreachable', 'ack', 0])
    const text = await cli(['lag', master.target, '--sample', '500ms'])
    assert.match(text.out, /^127\.0\.0\.1:300 +unreachable +all acked +0 ms +ACK +- +\S.* 0 s$/m)
  })

  it('shows no lag of a replica that it has not watched for long enough', async () => {
    const info = infoReply({
      run_id: 'e'.repeat(40),
      role: 'slave',
      master_host: '127.0.0.1',
      master_port: '1',
      master_link_status: 'up',
      slave_repl_offset: '90',
    })
    const replica = await FakeMaster.start({ INFO: info })
    masters.push(replica)
    const master = await listing([line(Number(replica.target.split(':')[1]))])
    const { out } = await cli(['lag', master.target, '--sample', '0', '--json'])
    const { replicas } = assertSchema(out, 'lag') as unknown as {
      replicas: { lag: { bytes: number } | null; unknown: { reason: string } }[]
    }
    // It may have been quick enough, and is 10 bytes behind then.
    assert.equal(replicas[0]?.lag?.bytes ?? replicas[0]?.unknown.reason, replicas[0]?.lag ? 10 : 'TOO_EARLY')
  })

  it('shows no lag of a replica that has acknowledged nothing', async () => {
    const master = await listing([line(1, 0), 'ip=127.0.0.1,port=2,state=wait_bgsave,offset=0,lag=0'])
    const { out } = await cli(['lag', master.target, '--sample', '300ms', '--json'])
    const { replicas } = assertSchema(out, 'lag') as unknown as { replicas: { lag: null; unknown: { reason: string } }[] }
    assert.deepEqual(
      replicas.map((replica) => [replica.lag, replica.unknown.reason]),
      [
        [null, 'NO_ACK'],
        [null, 'SYNCING'],
      ],
    )
  })

  it('shows no control byte of what a server announces', async () => {
    const master = await listing([`ip=evil\u001b[2J\u202ehost,port=0,state=on\u001b[2Jline,offset=1,lag=0`, line(1)])
    const ran = await cli(['lag', master.target, '--sample', '300ms'])
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is what is checked
    assert.doesNotMatch(ran.out + ran.err, /[\u0000-\u0009\u000b-\u001f\u007f\u202e]/)
    assert.match(ran.out, /evil\\x1b\[2J/)
  })

  it('ends with a schema and a status where the server cannot be had', async () => {
    const json = await cli(['lag', '127.0.0.1:1', '--json'])
    assert.equal(json.status, 3)
    assertSchema(json.out, 'error')
    const nagios = await cli(['lag', '127.0.0.1:1', '--format', 'nagios'])
    assert.deepEqual([nagios.status, nagios.err], [2, ''])
    assert.match(
      nagios.out,
      /^REPLICATION CRITICAL - 127\.0\.0\.1:1 refused the connection .*\n(?:[^|\n]+\n){2}$/,
      'the summary, what it means, what to do',
    )
  })

  it('tells a collector that nothing is up where nothing answers, and ends with the status of the failure', async () => {
    const ran = await cli(['lag', '127.0.0.1:1', '--format', 'prometheus', '--max-bytes', '1mb'])
    assertThreeParts(ran, 'MASTER_UNREACHABLE', 3)
    assertMetrics(ran.out)
    for (const name of ['up', 'master_up', 'check_ok']) assert.equal(sample(ran.out, name), 0, name)
    const usage = await cli(['lag', '127.0.0.1:1', '--format', 'prometheus', '--sample', 'soon'])
    assert.deepEqual([usage.status, usage.out], [2, ''])
  })

  it('asks a Sentinel for nothing', async () => {
    const sentinel = await FakeMaster.start({ INFO: infoReply({ redis_mode: 'sentinel' }) })
    masters.push(sentinel)
    assertThreeParts(await cli(['lag', sentinel.target]), 'NOT_SUPPORTED', 5)
  })

  it('ends quietly when the reader of a watch has gone', async () => {
    const master = await listing([line(1)])
    const ran = await cli(['lag', master.target, '--watch', '-i', '100ms'], {
      during: (child) => child.stdout?.once('data', () => child.stdout?.destroy()),
    })
    assert.deepEqual([ran.status, ran.err], [0, ''])
  })
})
