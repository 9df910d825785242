/** dump-rdb against every server at hand: what was taken is what the master holds. */
import assert from 'node:assert/strict'
import { copyFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { fill } from '../helpers/dataset.ts'
import { FakeMaster, REPLID } from '../helpers/fake-master.ts'
import { cli } from '../helpers/run.ts'
import { pick, RunningServer, servers } from '../helpers/server.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'redis-repl-dump-'))
})
after(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** The digest of a fresh server of the same version that loaded the file. */
async function digestOfLoaded(master: RunningServer, rdb: string): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'redis-repl-load-'))
  await copyFile(rdb, join(home, 'dump.rdb'))
  const fresh = await RunningServer.start(master.installed, {}, { folder: home })
  try {
    await fresh.until('loading', async () => (await fresh.info('loading')) === '0')
    return await fresh.cli('DEBUG', 'DIGEST')
  } finally {
    await fresh.stop()
  }
}

const MODES = [
  { name: 'diskless', settings: { 'repl-diskless-sync': 'yes', 'repl-diskless-sync-delay': '0' }, framing: 'eof-mark' },
  { name: 'disk-based', settings: { 'repl-diskless-sync': 'no' }, framing: 'length' },
]

for (const installed of servers()) {
  for (const { name, settings, framing } of MODES) {
    describe(`dump-rdb from ${installed.id}, ${name}`, () => {
      let master: RunningServer
      let digest = ''
      const file = () => join(folder, `${installed.id}-${name}.rdb`)

      before(async () => {
        master = await RunningServer.start(installed, settings)
        await fill(master)
        digest = await master.cli('DEBUG', 'DIGEST')
      })
      after(() => master.stop())

      it('writes a file that the server accepts and that loads to the same digest', async () => {
        const ran = await cli(['dump-rdb', master.target, '-o', file(), '--json'])
        assert.equal(ran.status, 0, ran.err + ran.out)
        const report = JSON.parse(ran.out)
        assert.deepEqual([report.framing, report.checksum], [framing, 'verified'])
        assert.equal(report.bytes, (await stat(file())).size)
        assert.equal((await stat(file())).mode & 0o777, 0o600)
        assert.equal(report.history.replid, await master.info('master_replid'))
        assert.match(await master.checkRdb(file()), /Checksum OK|RDB looks OK/)
        assert.equal(await digestOfLoaded(master, file()), digest)
      })

      it('writes the same to stdout, and not a byte after it', async () => {
        const ran = await cli(['dump-rdb', master.target])
        assert.equal(ran.status, 0, ran.err)
        const piped = `${file()}.piped`
        await writeFile(piped, ran.stdout)
        assert.match(await master.checkRdb(piped), /Checksum OK|RDB looks OK/)
        assert.equal(await digestOfLoaded(master, piped), digest)
        // Header fields hold times, so two dumps differ in them; their size and the end mark's absence do not.
        assert.equal(ran.stdout.at(-9), 0xff)
        assert.ok(Math.abs(ran.stdout.length - (await stat(file())).size) <= 8)
      })

      it('leaves no replica in INFO', async () => {
        await master.until('our leaving', async () => (await master.info('connected_slaves')) === '0')
        assert.equal(await master.info('connected_slaves'), '0')
      })
    })
  }
}

describe('dump-rdb from a recorded master', () => {
  it('gives stdout and a file the same bytes, under both framings', async (context) => {
    const source = await RunningServer.start(pick('redis-8.6', 'redis-7.0'), MODES[0]?.settings)
    const recorded = join(folder, 'recorded.rdb')
    try {
      await fill(source)
      assert.equal((await cli(['dump-rdb', source.target, '-o', recorded])).status, 0)
    } finally {
      await source.stop()
    }
    const rdb = await readFile(recorded)
    const full = Buffer.from(`+FULLRESYNC ${REPLID} 100\r\n`)
    const mark = '0123456789'.repeat(4)
    const framings = [
      Buffer.concat([full, Buffer.from(`$${rdb.length}\r\n`), rdb]),
      Buffer.concat([full, Buffer.from(`$EOF:${mark}\r\n`), rdb, Buffer.from(mark)]),
    ]
    for (const [index, psync] of framings.entries()) {
      const master = await FakeMaster.start({ PSYNC: psync })
      context.after(() => master.stop())
      const copy = join(folder, `copy-${index}.rdb`)
      const piped = await cli(['dump-rdb', master.target, '-q'])
      const filed = await cli(['dump-rdb', master.target, '-q', '-o', copy])
      assert.deepEqual([piped.status, filed.status], [0, 0], piped.err + filed.err)
      assert.ok(piped.stdout.equals(rdb))
      assert.ok((await readFile(copy)).equals(rdb))
    }
  })
})

for (const installed of servers().filter(({ id }) => id === 'valkey-9.1')) {
  it('dumps a Valkey with hash field expiry by announcing its version, without which the master could not write it', async () => {
    const master = await RunningServer.start(installed, MODES[0]?.settings)
    try {
      await master.cli('HSET', 'h', 'f', '1')
      await master.cli('HEXPIRE', 'h', '10000', 'FIELDS', '1', 'f')
      const file = join(folder, 'ttl.rdb')
      const ran = await cli(['dump-rdb', master.target, '-o', file, '--json'])
      assert.equal(ran.status, 0, ran.err + ran.out)
      assert.equal(JSON.parse(ran.out).rdb.magic, 'VALKEY080')
      assert.equal(await digestOfLoaded(master, file), await master.cli('DEBUG', 'DIGEST'))
    } finally {
      await master.stop()
    }
  })
}

describe('a snapshot whose file is named .gz', () => {
  it('is compressed by dump-rdb and by tail, and both say so', async () => {
    const master = await RunningServer.start(pick('redis-8.6', 'redis-7.0'), MODES[0]?.settings)
    const home = await mkdtemp(join(folder, 'named-'))
    try {
      await fill(master)
      const [dumped, tailed] = [join(home, 'dump.rdb.gz'), join(home, 'tail.rdb.gz')]
      const runs = [
        await cli(['dump-rdb', master.target, '-o', dumped]),
        await cli(['tail', master.target, '--from', 'snapshot', '--rdb', tailed, '--duration', '1', '--format', 'resp']),
      ]
      for (const [index, file] of [dumped, tailed].entries()) {
        const ran = runs[index]
        assert.equal(ran?.status, 0, ran?.err)
        assert.match(ran?.err ?? '', /compressed with gzip/)
        const plain = join(home, `${index}.rdb`)
        await writeFile(plain, gunzipSync(await readFile(file)))
        assert.equal(await digestOfLoaded(master, plain), await master.cli('DEBUG', 'DIGEST'))
      }
    } finally {
      await master.stop()
    }
  })
})

describe('two dumps at the same time', () => {
  it('may share one BGSAVE: the second begins at an offset and with keys from before its INFO, and is whole', async () => {
    const settings = { 'repl-diskless-sync': 'no', 'rdb-key-save-delay': '300000' }
    const master = await RunningServer.start(pick('redis-8.6', 'redis-7.0'), settings)
    try {
      for (let index = 0; index < 10; index++) await master.cli('SET', `key:${index}`, 'value')
      const first = cli(['dump-rdb', master.target, '-o', join(folder, 'first.rdb'), '--json'])
      await master.until('BGSAVE', async () => (await master.info('rdb_bgsave_in_progress')) === '1')
      await master.cli('EVAL', "for i = 1, 1000 do redis.call('SET', 'more:' .. i, '1') end", '0')
      const second = await cli(['dump-rdb', master.target, '-o', join(folder, 'second.rdb'), '--json'])
      const reports = [await first, second].map(({ status, out, err }) => {
        assert.equal(status, 0, out + err)
        return JSON.parse(out) as { history: { offset: number }; rdb: { firstDatabase: { keys: number } }; keys: object }
      })
      assert.deepEqual(reports[0]?.history, reports[1]?.history)
      assert.deepEqual(
        reports.map(({ rdb: { firstDatabase } }) => firstDatabase.keys),
        [10, 10],
      )
      assert.deepEqual(reports[1]?.keys, { infoBefore: { 0: 1010 }, infoAfter: null })
    } finally {
      await master.stop()
    }
  })
})

describe('dump-rdb when the master fails in the middle', () => {
  for (const { name, settings } of MODES) {
    it(`leaves no file when the ${name} BGSAVE is killed`, async () => {
      const master = await RunningServer.start(pick('redis-8.6', 'redis-7.0'), { ...settings, 'rdb-key-save-delay': '2000' })
      const home = await mkdtemp(join(folder, 'killed-'))
      try {
        await fill(master)
        const running = cli(['dump-rdb', master.target, '-o', join(home, 'x.rdb')])
        await master.until('BGSAVE', async () => (await master.info('rdb_bgsave_in_progress')) === '1')
        const children = await readFile(`/proc/${master.pid}/task/${master.pid}/children`, 'utf8')
        process.kill(Number(children.trim().split(' ')[0]), 'SIGKILL')
        const ran = await running
        assert.equal(ran.status, 7, ran.err)
        assert.match(ran.err, /^error (PAYLOAD_TRUNCATED|LINK_LOST): /m)
        assert.deepEqual(await readdir(home), [])
      } finally {
        await master.stop()
      }
    })
  }
})

describe('dump-rdb and memory', () => {
  it('does not grow with the size of the RDB or the slowness of its reader', async (context) => {
    const size = 400_000_000
    const head = Buffer.from(`+FULLRESYNC ${REPLID} 100\r\n$${size}\r\nREDIS0011`)
    const master = await FakeMaster.start({
      PSYNC: Buffer.concat([head, Buffer.alloc(size - 18, 1), Buffer.from('\xff\0\0\0\0\0\0\0\0', 'latin1')]),
    })
    context.after(() => master.stop())
    let peak = 0
    const measure = async (pid: number) => {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0))
    }
    const ran = await cli(['dump-rdb', master.target, '-q'], {
      during: ({ pid = 0, stdout }) => {
        let chunks = 0
        stdout?.on('data', () => {
          chunks += 1
          if (chunks % 100 === 0) void measure(pid)
          if (chunks % 500 !== 0) return
          stdout.pause()
          setTimeout(() => stdout.resume(), 20)
        })
      },
    })
    assert.equal(ran.status, 0, ran.err)
    assert.equal(ran.stdout.length, size)
    assert.ok(peak > 0 && peak < 150_000, `peak RSS ${peak} kB`)
  })
})
