/** Data never steers the protocol: whatever stands in keys and values, `tail` confirms a real CLUSTER SETSLOT and nothing else. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { FakeMaster, infoReply, REPLID } from '../helpers/fake-master.ts'
import { TcpProxy } from '../helpers/proxy.ts'
import { activateBacklog, number } from '../helpers/replication.ts'
import { cli } from '../helpers/run.ts'
import { RunningServer, servers } from '../helpers/server.ts'
import { Tailing } from '../helpers/tailing.ts'
import { multibulk } from '../helpers/wire.ts'
import { pipe } from '../helpers/workload.ts'

const CONFIG = {
  'cluster-enabled': 'yes',
  'repl-diskless-sync-delay': '0',
  'repl-ping-replica-period': '3600',
  'client-output-buffer-limit': 'replica 0 0 0',
}
/** How a WAIT asks for an ACK (replication.c, replicationRequestAckFromSlaves). */
const GETACK = multibulk('REPLCONF', 'GETACK', '*')
const SETSLOT = multibulk('CLUSTER', 'SETSLOT', '5', 'NODE', REPLID)
/** A WAIT that counts none takes all of this. */
const WAIT_MS = '500'

type Words = readonly (string | Buffer)[]

const WRITES: readonly (readonly [what: string, words: Words])[] = [
  ['an ordinary value', ['SET', 'k', 'other']],
  ['the value setslot', ['SET', 'k', 'setslot']],
  ['the value SETSLOT', ['SET', 'k', 'SETSLOT']],
  ['the key setslot', ['SET', 'setslot', 'v']],
  ['the elements CLUSTER and SETSLOT', ['RPUSH', 'list', 'CLUSTER', 'SETSLOT', '5', 'NODE', REPLID]],
  ['a whole CLUSTER SETSLOT as its value', ['SET', 'k', SETSLOT]],
  ['a whole CLUSTER SETSLOT and a whole GETACK as its value', ['SET', 'k', Buffer.concat([SETSLOT, GETACK])]],
]

/** How many replicas a WAIT counts, in the connection that wrote. */
async function waited(server: RunningServer, words: Words): Promise<number> {
  const socket = connect(server.port, '127.0.0.1')
  try {
    socket.write(Buffer.concat([multibulk(...words), multibulk('WAIT', '1', WAIT_MS)]))
    let said = ''
    for await (const chunk of socket) {
      said += chunk
      const [, count] = /^(?:\+OK|:\d+)\r\n:(\d+)\r\n/.exec(said) ?? []
      if (count !== undefined) return Number(count)
    }
    throw new Error(`no answer to WAIT: ${said}`)
  } finally {
    socket.destroy()
  }
}

/** The highest offset that the tail has acknowledged, when it has shown whatever was written before. */
async function acknowledged(server: RunningServer, tail: Tailing): Promise<string | undefined> {
  await server.cli('SET', 'k', 'the-end')
  await tail.says(/"SET" "k" "the-end"/)
  return /offset=(\d+)/.exec(await server.info('slave0'))?.[1]
}

for (const installed of servers().filter(({ id }) => ['valkey-8.1', 'valkey-9.1'].includes(id))) {
  describe(`tail of a cluster node of ${installed.id}`, () => {
    let server: RunningServer
    before(async () => {
      server = await RunningServer.start(installed, CONFIG)
      await server.cli('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
      await server.until('a cluster', async () => (await server.cli('CLUSTER', 'INFO')).includes('cluster_state:ok'))
      await activateBacklog(server)
    })
    after(() => server.stop())

    /** Follows while the test runs; when it returns, the server has no replica any more. */
    async function withTail(target: string, test: (tail: Tailing) => Promise<void>): Promise<void> {
      const tail = new Tailing([target, '--max-arg', '20']).read()
      try {
        await tail.following()
        await test(tail)
        assert.equal(await tail.end('SIGINT'), 0, tail.err)
      } finally {
        await tail.end('SIGKILL')
        await server.until('our leaving', async () => (await server.info('connected_slaves')) === '0')
      }
    }

    for (const [what, words] of WRITES) {
      it(`counts for no WAIT after a write with ${what}`, async () => {
        await withTail(server.target, async (tail) => {
          assert.equal(await waited(server, words), 0)
          assert.equal(await acknowledged(server, tail), '0')
        })
      })
    }

    it('counts for no WAIT where its look-back begins inside a value that holds commands', async () => {
      const value = Buffer.concat(Array.from({ length: 20_000 }, () => Buffer.concat([SETSLOT, GETACK])))
      await pipe(server, multibulk('SET', 'k', value))
      await withTail(server.target, async (tail) => {
        assert.equal(await waited(server, ['SET', 'k', 'other']), 0)
        assert.equal(await acknowledged(server, tail), '0')
      })
    })

    it('counts for no WAIT where a link was cut inside a value, before a whole CLUSTER SETSLOT', async () => {
      const proxy = await TcpProxy.start(server.port)
      try {
        await withTail(proxy.target, async (tail) => {
          // The database is selected before; what is cut is the SET.
          await server.cli('SET', 'k', 'first')
          await tail.says(/"first"/)
          const head = Buffer.from(`*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$${SETSLOT.length}\r\n`)
          const before = await number(server, 'master_repl_offset')
          proxy.cutAfter(head.length)
          await pipe(server, multibulk('SET', 'k', SETSLOT))
          await tail.says(new RegExp(`again, starting\\s+after\\s+offset\\s+${before + head.length}:`))
          assert.equal(await waited(server, ['SET', 'k', 'other']), 0)
          assert.equal(await acknowledged(server, tail), '0')
        })
      } finally {
        proxy.stop()
      }
    })
  })
}

/** Where the history of the scripted master begins. */
const BEGIN = 100

/**
 * A cluster node that serves this stream, and ends its links at these places of it.
 * @returns what was acknowledged until the stream had been shown, but for the zeros that keep a link alive
 */
async function acknowledgedOf(stream: Buffer, cuts: readonly number[] = []): Promise<string[]> {
  // Whatever it sends was written when we were there already.
  let written = 0
  const master = await FakeMaster.start({
    get INFO() {
      const backlog = { repl_backlog_first_byte_offset: String(BEGIN + 1), repl_backlog_histlen: String(written) }
      return infoReply({ ...backlog, redis_version: '8.1.0', redis_mode: 'cluster', master_repl_offset: String(BEGIN + written) })
    },
    'REPLCONF ACK': {},
    get PSYNC() {
      const [, , asked] = master.received.findLast(([name]) => name === 'PSYNC') ?? []
      const from = Number(asked) - 1 - BEGIN
      const to = cuts.find((cut) => cut > from)
      written = to ?? stream.length
      return { bytes: Buffer.concat([Buffer.from(`+CONTINUE ${REPLID}\r\n`), stream.subarray(from, to)]), close: to !== undefined }
    },
  })
  const end = String(BEGIN + stream.length)
  try {
    const ran = await cli(['tail', master.target, '--from', `${REPLID}:${BEGIN}`, '--format', 'json', '--until-offset', end])
    assert.equal(ran.status, 0, ran.err)
    assert.match(ran.out, /"the-end"/)
    return master.received.flatMap(([name, what, offset]) =>
      name === 'REPLCONF' && what === 'ACK' && offset !== '0' ? [offset ?? ''] : [],
    )
  } finally {
    master.stop()
  }
}

describe('tail of a scripted cluster node', { concurrency: true }, () => {
  const first = Buffer.concat([multibulk('SELECT', '0'), multibulk('SET', 'a', '1')])
  const last = multibulk('SET', 'the-end', '1')
  const real = Buffer.concat([first, SETSLOT, GETACK, last])
  const value = Buffer.concat([first, multibulk('SET', 'k', Buffer.concat([SETSLOT, GETACK])), GETACK, last])
  const confirmed = [String(BEGIN + first.length + SETSLOT.length)]

  for (const [where, at] of [
    ['before it', 0],
    ['in its name', SETSLOT.indexOf('TSLOT')],
    ['between it and its GETACK', SETSLOT.length],
    ['in its GETACK', SETSLOT.length + 20],
  ] as const) {
    it(`confirms a CLUSTER SETSLOT once where the link is cut ${where}`, async () => {
      assert.deepEqual(await acknowledgedOf(real, [first.length + at]), confirmed)
    })

    it(`acknowledges nothing for a CLUSTER SETSLOT and a GETACK in a value where the link is cut ${where}`, async () => {
      assert.deepEqual(await acknowledgedOf(value, [value.indexOf(SETSLOT) + at]), [])
    })
  }

  it('confirms a CLUSTER SETSLOT and acknowledges nothing for a value over a link that holds', async () => {
    assert.deepEqual(await acknowledgedOf(real), confirmed)
    assert.deepEqual(await acknowledgedOf(value), [])
  })
})
