/** `tail` before scripted masters: what no real one sends, and what users get wrong. */
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { assertThreeParts } from '../helpers/failures.ts'
import { type Answer, FakeMaster, infoReply, REPLID, type Script } from '../helpers/fake-master.ts'
import { cli, type Ran } from '../helpers/run.ts'
import { assertRecords, assertSchema } from '../helpers/schema.ts'
import { bytesOf, type Words } from '../helpers/stream.ts'
import { framedByLength, OTHER_REPLID, rdb } from '../helpers/wire.ts'

let master: FakeMaster | undefined
let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'redis-repl-cli-'))
})

afterEach(async () => {
  master?.stop()
  master = undefined
  await rm(folder, { recursive: true, force: true })
})

/** The backlog of these masters is empty: nothing is read before the live end. */
const INFO = infoReply({ repl_backlog_first_byte_offset: '101', repl_backlog_histlen: '0' })

function streaming(bytes: Buffer, close = false): Script {
  return { INFO, 'REPLCONF ACK': {}, PSYNC: { bytes: Buffer.concat([Buffer.from(`+CONTINUE ${REPLID}\r\n`), bytes]), close } }
}

async function tail(script: Script, ...args: string[]): Promise<Ran> {
  master = await FakeMaster.start(script)
  return await cli(['tail', master.target, ...args])
}

const COMMANDS: Words[] = [['SELECT', '0'], ['SET', 'user:1', 'x'], ['PING'], ['DEL', 'user:1']]

describe('tail', () => {
  it('ends with the offset of the byte that breaks the protocol, and shows what came before', async () => {
    const good = bytesOf(...COMMANDS)
    const ran = await tail(streaming(Buffer.concat([good, Buffer.from('*1\r\n$4\r\nPI\x1b[2J')])))
    assertThreeParts(ran, 'PROTOCOL', 5)
    assert.match(ran.out, /"SET" "user:1" "x"\n.*"DEL" "user:1"\n$/)
    assert.match(ran.err, new RegExp(`at offset ${100 + good.length + 13}:`))
  })

  it('tries again when the link ends, except with --no-retry, and no longer than --retry-max-time', async () => {
    const once = await tail(streaming(bytesOf(...COMMANDS), true), '--no-retry')
    assertThreeParts(once, 'LINK_LOST', 7)
    assert.match(once.out, /DEL/)
    master?.stop()
    const forAWhile = await tail(streaming(Buffer.alloc(0), true), '--retry-max-time', '1')
    assert.match(forAWhile.err, /Retrying\s+in/)
    assertThreeParts(forAWhile, 'LINK_LOST', 7)
  })

  it('sends one PSYNC where INFO grants the position and the reply is a full resync, and says that they disagree', async () => {
    const old = infoReply({ redis_version: '6.2.14' })
    for (const PSYNC of [`+FULLRESYNC ${OTHER_REPLID} 4711\r\n`, '\n', `\n+FULLRESYNC ${OTHER_REPLID} 4711\r\n`]) {
      const starts = { now: 5, backlog: 5, [`${REPLID}:90`]: 9 }
      for (const [from, status] of Object.entries(starts)) {
        const ran = await tail({ INFO: old, PSYNC }, '--from', from, '--on-gap', 'skip')
        assertThreeParts(ran, status === 9 ? 'GAP' : 'NOT_SUPPORTED', status)
        assert.match(ran.err, /INFO\s+and\s+PSYNC\s+of\s+\S+\s+disagree/)
        assert.doesNotMatch(ran.err, /repl-backlog-size/)
        assert.equal(master?.received.filter(([name]) => name === 'PSYNC').length, 1, from)
        master?.stop()
      }
    }
  })

  it('ignores bare newlines before and between commands, and counts them in the offset like a replica', async () => {
    const [select, set] = [bytesOf(['SELECT', '0']), bytesOf(['SET', 'k', 'v'])]
    const bytes = Buffer.concat([Buffer.from('\n'), select, Buffer.from('\n\r\n'), set, Buffer.from('\n')])
    const until = 100 + bytes.length - 1
    const ran = await tail(streaming(bytes), '--json', '--until-offset', String(until))
    assert.equal(ran.status, 0, ran.err)
    const commands = assertRecords(ran.out, 'tail').filter(({ type }) => type === 'command')
    assert.deepEqual(
      commands.map(({ start, end }) => [start, end]),
      [[until - set.length, until]],
    )
  })

  it('prints records that follow their schema, and then an error of its own schema', async () => {
    const ran = await tail(streaming(Buffer.concat([bytesOf(...COMMANDS), Buffer.from('garbage')])), '--json')
    assert.equal(ran.status, 5)
    const lines = ran.stdout.toString('latin1').trimEnd().split('\n')
    const failure = assertSchema(lines.pop() as string, 'error')
    assert.equal((failure.error as { code: string }).code, 'PROTOCOL')
    assert.deepEqual(
      assertRecords(lines.join('\n'), 'tail').map(({ type }) => type),
      ['attached', 'command', 'command'],
    )
  })

  it('ends its records with how the run ended, and how far its output got', async () => {
    const bytes = bytesOf(...COMMANDS)
    const end = 100 + bytes.length
    const ran = await tail(streaming(bytes), '--json', '--until-offset', String(end))
    const last = assertRecords(ran.out, 'tail').at(-1) ?? {}
    const streams = [{ server: master?.target, replid: REPLID, offset: end }]
    assert.deepEqual(
      [last.type, last.target, last.ok, last.exitStatus, last.commands, last.bytes, last.streams],
      ['end', master?.target, true, 0, COMMANDS.length, bytes.length, streams],
    )
  })

  it('prints figures that follow their schema', async () => {
    const bytes = bytesOf(...COMMANDS)
    const ran = await tail(streaming(bytes), '--stats', '--json', '--until-offset', String(100 + bytes.length))
    assert.equal(ran.status, 0, ran.err)
    const stats = assertSchema(ran.out, 'tail-stats')
    assert.deepEqual([stats.commands, stats.offset, stats.gaps], [4, 100 + bytes.length, []])
  })

  it('keeps the state, and resumes in a file that ends inside a line', async () => {
    const state = join(folder, 'state.json')
    const bytes = bytesOf(...COMMANDS)
    const end = 100 + bytes.length
    const ran = await tail(streaming(bytes), '--state', state, '--until-offset', String(end))
    assert.equal(ran.status, 0, ran.err)
    assert.deepEqual(JSON.parse(await readFile(state, 'utf8')), {
      schema: 'redis-repl/tail-state/1',
      replid: REPLID,
      offset: end,
      db: 0,
      transaction: null,
    })
    assert.ok(ran.err.includes(`To resume: run the same command again. The checkpoint is in ${state}.\n`), ran.err)
  })

  it('says how to resume, without the secret', async () => {
    const bytes = bytesOf(...COMMANDS)
    const ran = await tail(streaming(bytes), '--pass', 'tr0ub4dor', '--match', 'user:*', '--until-offset', String(100 + bytes.length))
    assert.ok(
      ran.err.includes(`To resume: redis-repl tail ${master?.target} --from ${REPLID}:${100 + bytes.length} --match 'user:*'`),
      ran.err,
    )
    assert.doesNotMatch(ran.err + ran.out, /tr0ub4dor/)
  })

  it('takes a --max-rate that is set for dumps, and gives none on to a run that needs none', async () => {
    const until = ['--until-offset', '0']
    master = await FakeMaster.start(streaming(bytesOf(['PING'])))
    const set = await cli(['tail', master.target, ...until], { env: { REDIS_REPL_MAX_RATE: '1mb' } })
    assert.equal(set.status, 0, set.err)
    master.stop()
    const ran = await tail(streaming(bytesOf(['PING'])), '--allow-fork', '--max-rate', '1mb', ...until)
    assert.match(ran.err, /^To resume: /m)
    assert.doesNotMatch(ran.err, /--max-rate/)
  })

  it('tells how the server was reached in that command, and names the profile that has its password', async () => {
    const bytes = bytesOf(...COMMANDS)
    const until = ['--until-offset', String(100 + bytes.length)]
    const reached = ['--name', 'mine', '--map', '10.0.0.1=10.0.0.2']
    const ran = await tail(streaming(bytes), ...until, ...reached)
    assert.match(ran.err, new RegExp(`tail ${master?.target} --from ${REPLID}:\\d+ --name mine --map 10.0.0.1=10.0.0.2\n`))
    const config = join(folder, 'config.toml')
    await writeFile(config, `[profiles.p]\ntarget = "redis://:tr0ub4dor@${master?.target}"\n[profiles.half]\npass = "tr0ub4dor"\n`)
    const byProfile = await cli(['tail', '@p', ...until, '--config', config])
    assert.match(byProfile.err, new RegExp(`tail @p --from ${REPLID}:\\d+ --config ${config}\n`))
    const byHalf = await cli(['tail', '@half', '-u', `${master?.target}`, ...until, '--config', config])
    assert.match(byHalf.err, new RegExp(`tail @half --uri ${master?.target} --from ${REPLID}:\\d+ --config ${config}\n`))
    assert.doesNotMatch(byProfile.err + byHalf.err, /tr0ub4dor/)
  })

  it('takes no damaged state for a place', async () => {
    const state = join(folder, 'state.json')
    await writeFile(state, '{"schema":"redis-repl/tail-state/1","offset":')
    const ran = await tail(streaming(bytesOf(...COMMANDS)), '--state', state)
    assertThreeParts(ran, 'USAGE', 2)
    assert.equal(master?.received.length, 0)
  })

  it('follows by another name for PSYNC that is answered as PSYNC, and takes the stream up again by it', async () => {
    const answer = streaming(Buffer.alloc(0), true).PSYNC as Answer
    const ran = await tail(
      { ...streaming(Buffer.alloc(0)), 'ITS-PSYNC': answer },
      ...['--psync-command', 'its-psync', '--allow-fork', '--on-gap', 'resync', '--retry-max-time', '1'],
    )
    assertThreeParts(ran, 'LINK_LOST', 7)
    const asked = master?.received.filter(([name]) => name === 'its-psync') ?? []
    assert.ok(asked.length > 1, String(asked.length))
    assert.ok(asked.every(([, replid]) => replid === REPLID))
  })

  it('ends with 0 after its duration where it followed, if only in silence', async () => {
    const ran = await tail(streaming(Buffer.alloc(0)), '--duration', '1')
    assert.equal(ran.status, 0, ran.err)
  })

  for (const args of [[], ['--match', 'user:*'], ['--retry-max-time', '60', '--json']]) {
    it(`ends with TIMEOUT after its duration where it never came to follow ${args.join(' ')}`.trim(), async () => {
      master = await FakeMaster.start({}, undefined, 0)
      const ran = await cli(['tail', master.target, '--duration', '1', ...args])
      assert.equal(ran.status, 3, ran.err)
      assert.match(ran.err + ran.out, /sent\s+no\s+stream\s+within\s+1\s+s/)
    })

    it(`ends with ABORTED for a Ctrl-C before it came to follow ${args.join(' ')}`.trim(), async () => {
      master = await FakeMaster.start({}, undefined, 0)
      const interrupt = async (child: ChildProcess) => {
        while (master?.connections === 0) await sleep(20)
        child.kill('SIGINT')
      }
      const ran = await cli(['tail', master.target, '--step-timeout', '60', ...args], { during: (child) => void interrupt(child) })
      assert.equal(ran.status, 130, ran.err)
      assert.match(ran.err + ran.out, /Stopped\s+by\s+the\s+user/)
    })
  }

  for (const shown of [['--format', 'resp'], ['--template', '%o\\n'], ['--format', 'csv'], ['--stats']]) {
    it(`tells of a gap with --quiet too: ${shown.join(' ')}`, async () => {
      const from = ['--from', `${OTHER_REPLID}:5`, '--on-gap', 'skip', '-q']
      const ran = await tail(streaming(bytesOf(...COMMANDS)), ...from, ...shown, '--count', '2')
      assert.equal(ran.status, 0, ran.err)
      assert.match(
        ran.err.replaceAll(/\s+/g, ' '),
        new RegExp(`gap: an unknown number of bytes are missing between offset 5 of ${OTHER_REPLID}`),
      )
      assert.equal(ran.err.match(/^\S/gm)?.length, 1, ran.err)
    })
  }

  it('asks for no second full resync when the first has brought no stream', async () => {
    const full = Buffer.concat([Buffer.from(`+FULLRESYNC ${OTHER_REPLID} 107\r\n`), framedByLength(rdb())])
    const ran = await tail(
      { INFO, CONFIG: '*0\r\n', 'REPLCONF ACK': {}, PSYNC: { bytes: full, close: true } },
      ...['--from', `${OTHER_REPLID}:5`, '--on-gap', 'resync', '--duration', '30'],
    )
    assertThreeParts(ran, 'GAP', 9)
    assert.equal(master?.received.filter(([name]) => name === 'PSYNC').length, 1)
  })

  for (const args of [
    ['--from', 'yesterday'],
    ['--format', 'xml'],
    ['--template', '%y'],
    ['--grep', '('],
    ['--until-offset', 'x'],
    ['--spool-max', 'much'],
    ['--count', '0'],
    ['--rdb', 'x.rdb'],
    ['--rdb', '', '--from', 'snapshot'],
    ['--state', ''],
    ['--state', '/nowhere/at/all/state.json', '--from', 'snapshot', '--stats'],
    ['--max-rate', '1mb'],
    ['--stats', '--format', 'csv'],
    ['--template', '%o', '--format', 'csv'],
    ['--ack', 'never'],
  ]) {
    it(`refuses ${args.join(' ')} before it contacts anything`, async () => {
      const ran = await tail(streaming(bytesOf(...COMMANDS)), ...args)
      assertThreeParts(ran, 'USAGE', 2)
      assert.equal(master?.received.length, 0)
    })
  }
})
