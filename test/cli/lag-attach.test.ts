/** `lag --attach` while its servers come and go: only a signal ends it with 130. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { FakeMaster, infoReply, REPLID, type Script } from '../helpers/fake-master.ts'
import { cli } from '../helpers/run.ts'
import { assertSchema } from '../helpers/schema.ts'

const LOOKS = 5
/** So many answers of the master list its replica after our handshake with it has begun, in the trees that lose it. */
const LISTED = 5

const running: FakeMaster[] = []
after(() => {
  for (const one of running) one.stop()
})

async function start(script: Script): Promise<FakeMaster> {
  const one = await FakeMaster.start(script)
  running.push(one)
  return one
}

const STREAM = `+CONTINUE ${REPLID}\r\n`
const BACKLOG = { repl_backlog_first_byte_offset: '101', repl_backlog_histlen: '0' }
const CLOSED = { bytes: STREAM, close: true }

/** A master and its replica. Each serves an empty stream, unless its script says otherwise. */
async function tree({ replica = {}, master = {}, listed = Number.POSITIVE_INFINITY, fields = {} }: Tree): Promise<FakeMaster> {
  let masterPort = '1'
  const one = await start({
    get INFO() {
      const link = { role: 'slave', master_host: '127.0.0.1', master_port: masterPort, master_link_status: 'up', slave_repl_offset: '100' }
      return infoReply({ run_id: 'e'.repeat(40), ...BACKLOG, ...link, ...fields })
    },
    PSYNC: STREAM,
    'REPLCONF ACK': {},
    ...replica,
  })
  let answers = 0
  const top = await start({
    get INFO() {
      if (one.received.some(([name]) => name === 'PING')) answers += 1
      const line = `ip=127.0.0.1,port=${one.target.split(':')[1]},state=online,offset=100,lag=0`
      return infoReply({ run_id: 'f'.repeat(40), ...BACKLOG, ...fields, ...(answers <= listed && { connected_slaves: '1', slave0: line }) })
    },
    PSYNC: STREAM,
    'REPLCONF ACK': {},
    ...master,
  })
  masterPort = top.target.split(':')[1] ?? ''
  return top
}

interface Tree {
  readonly replica?: Script
  readonly master?: Script
  readonly listed?: number
  /** Of INFO, at both ends. */
  readonly fields?: Record<string, string>
}

interface LagJson {
  readonly replicas: readonly { readonly arrivals?: { readonly problem?: Problem } }[]
}

interface Problem {
  readonly end: string
  readonly failure?: { readonly code: string; readonly what: string } | null
}

const TREES: readonly (readonly [what: string, tree: Tree])[] = [
  ['a replica that stays', {}],
  ['a replica that is no longer listed', { listed: LISTED }],
  ['a replica that ends each stream', { replica: { PSYNC: CLOSED } }],
  ['a replica that ends each stream and is no longer listed', { listed: LISTED, replica: { PSYNC: CLOSED } }],
  ['a replica that hangs up at PSYNC and is no longer listed', { listed: LISTED, replica: { PSYNC: { close: true } } }],
  ['a replica that never answers PSYNC and is no longer listed', { listed: LISTED, replica: { PSYNC: {} } }],
  ['a replica that hangs up at PING and is no longer listed', { listed: LISTED, replica: { PING: { close: true } } }],
  ['a replica that hangs up at INFO and is no longer listed', { listed: LISTED, replica: { INFO: { close: true } } }],
  ['a replica that hangs up at its first command', { replica: { CLIENT: { close: true } } }],
  ['a master that ends each stream', { master: { PSYNC: CLOSED } }],
  ['a master that hangs up at PSYNC, and loses its replica', { listed: LISTED, master: { PSYNC: { close: true } } }],
]

describe('lag --attach', { concurrency: true }, () => {
  for (const [what, how] of TREES) {
    it(`shows as many looks as were wanted of ${what}, and ends with 0`, async () => {
      const top = await tree(how)
      const ran = await cli(['lag', top.target, '--attach', '--watch', '-i', '200ms', '--count', String(LOOKS), '--json'])
      assert.equal(ran.status, 0, ran.err)
      const looks = ran.out.trim().split('\n')
      for (const look of looks) assertSchema(look, 'lag')
      assert.equal(looks.length, LOOKS)
      assert.doesNotMatch(ran.out + ran.err, /ABORTED|Stopped by the user/)
    })
  }

  const full = `+FULLRESYNC ${REPLID} 100\r\n`
  const noGuard: Record<string, string> = { redis_version: '6.0.16' }
  for (const [end, what] of [
    ['master', 'a full resync'],
    ['replica', 'a full resync'],
    ['replica', 'a keep-alive'],
  ] as const) {
    it(`sends the ${end} no second PSYNC after an unwanted full resync that may have forked it: ${what}`, async () => {
      const counted: string[] = []
      const script: Script = {
        get PSYNC() {
          counted.push(end)
          return what === 'a keep-alive' ? '\n' : full
        },
      }
      const top = await tree({ [end]: script, fields: noGuard })
      const ran = await cli(['lag', top.target, '--attach', '--watch', '-i', '500ms', '--count', '6', '--json'])
      const report = JSON.parse(ran.out.trim().split('\n').at(-1) ?? '') as LagJson
      assert.equal(counted.length, 1, ran.out)
      const { problem } = report.replicas[0]?.arrivals ?? {}
      assert.equal(problem?.end, end)
      assert.equal(problem?.failure?.code, 'NOT_SUPPORTED')
      assert.match(problem?.failure?.what ?? '', /INFO and PSYNC .* disagree/)
    })
  }

  it('ends with another status than 130 where neither of its outputs is read', async () => {
    const top = await tree({})
    const ran = await cli(['lag', top.target, '--attach', '-v'], {
      during: (child) => {
        child.stdout?.destroy()
        child.stderr?.destroy()
      },
    })
    assert.notEqual(ran.status, 130)
  })

  it('ends with 130 for a signal that comes before its answer', async () => {
    const top = await tree({})
    const ran = await cli(['lag', top.target, '--attach', '--sample', '60s'], {
      during: (child) => {
        const timer = setInterval(() => {
          if (top.received.some(([name]) => name === 'PSYNC')) child.kill('SIGINT')
        }, 20)
        child.once('exit', () => clearInterval(timer))
      },
    })
    assert.equal(ran.status, 130, ran.out + ran.err)
  })
})
