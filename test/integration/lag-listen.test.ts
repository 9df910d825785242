/** `lag --listen`, scraped as Prometheus does, while servers go away and come back. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { Exporting } from '../helpers/exporting.ts'
import { assertThreeParts } from '../helpers/failures.ts'
import { assertMetrics, promtool, sample } from '../helpers/promtool.ts'
import { pair } from '../helpers/replication.ts'
import { cli } from '../helpers/run.ts'
import { freePort, oldestNewestAndValkey, pick, RunningServer } from '../helpers/server.ts'

async function exporter(context: TestContext, ...args: string[]): Promise<Exporting> {
  const exporting = await Exporting.start(args)
  context.after(() => exporting.end('SIGKILL'))
  return exporting
}

/** The IDs of the connections to a server, without the one that asks. */
async function connections(server: RunningServer): Promise<string[]> {
  const lines = (await server.cli('CLIENT', 'LIST')).split('\n').filter((line) => !/cmd=client/.test(line))
  return lines.flatMap((line) => /^id=(\d+)/.exec(line)?.[1] ?? [])
}

const up = (metrics: string) => [sample(metrics, 'up'), sample(metrics, 'master_up')]

for (const installed of oldestNewestAndValkey()) {
  describe(`lag --listen on ${installed.id}`, () => {
    it('serves metrics that promtool accepts, over the connections that it has', async (context) => {
      const [master, replica] = await pair(installed)
      context.after(() => Promise.all([replica.stop(), master.stop()]))
      const exporting = await exporter(context, master.target, '--max-bytes', '1gb', '--attach', '--marker')
      const everything = ['replica_lag_bytes', 'replica_marker_lag_p50_seconds', 'replica_stream_lag_p50_seconds', 'sync_full_total']
      await exporting.until('all figures', (text) => everything.every((name) => sample(text, name) !== undefined))
      const before = await connections(master)
      const page = await exporting.get('/metrics')
      assert.deepEqual([page.status, page.type], [200, 'text/plain; version=0.0.4; charset=utf-8'])
      assertMetrics(page.text)
      assert.deepEqual(up(page.text), [1, 1])
      assert.equal(sample(page.text, 'replica_link_up', `replica="${replica.target}"`), 1)
      assert.equal(sample(page.text, 'sync_full_total'), Number(await master.info('sync_full')))
      assert.equal(sample(page.text, 'connected_replicas'), Number(await master.info('connected_slaves')))
      assert.equal(sample(page.text, 'check_ok'), 1)
      const offset = sample(page.text, 'master_offset_bytes') ?? 0
      await exporting.until('a later offset', (text) => (sample(text, 'master_offset_bytes') ?? 0) > offset)
      assert.deepEqual(await connections(master), before)
      assert.equal(await exporting.end('SIGTERM'), 0)
    })

    it('says that the master is down, and comes back with it by itself', async (context) => {
      const [master, replica] = await pair(installed)
      context.after(() => Promise.all([replica.stop(), master.stop()]))
      const exporting = await exporter(context, master.target)
      await exporting.until('a lag', (text, { status }) => status === 200 && sample(text, 'replica_lag_bytes') !== undefined)
      await master.stop()
      const says = new RegExp(`^${master.target} refused the connection.*\\n$`)
      await exporting.until('the outage', (_, { status, text }) => status === 503 && says.test(text))
      const metrics = await exporting.metrics()
      assertMetrics(metrics)
      assert.deepEqual(up(metrics), [1, 0], 'the replica answers')
      for (const name of ['master_offset_bytes', 'sync_full_total', 'replica_lag_bytes', 'replica_ack_age_seconds']) {
        assert.equal(sample(metrics, name), undefined, name)
      }
      await replica.stop()
      await exporting.until('no server at all', (now) => String(up(now)) === '0,0')
      const again = await RunningServer.start(installed, { port: String(master.port) })
      context.after(() => again.stop())
      await exporting.until('the master', (now, { status }) => status === 200 && String(up(now)) === '1,1')
      const [serving, problem, ...end] = exporting.err.split('\n')
      assert.match(serving ?? '', /^serving http:/)
      assert.ok(problem?.includes(master.target), 'once for the whole outage')
      assert.deepEqual(end, [`${master.target} answers again.`, ''])
      assert.equal(await exporting.end('SIGINT'), 0)
    })
  })
}

const installed = pick()

describe('lag --listen', () => {
  it('waits for a server that is not there yet', async (context) => {
    const port = await freePort()
    const exporting = await exporter(context, `127.0.0.1:${port}`, '--min-replicas', '0')
    await exporting.until('a first attempt', (_, { status }) => status === 503)
    const metrics = await exporting.metrics()
    assertMetrics(metrics)
    assert.deepEqual([...up(metrics), sample(metrics, 'check_ok')], [0, 0, 0])
    const server = await RunningServer.start(installed, { port: String(port) })
    context.after(() => server.stop())
    await exporting.until(
      'the server',
      (text, { status }) => status === 200 && String(up(text)) === '1,1' && sample(text, 'check_ok') === 1,
    )
  })

  it('ends at the start where no retry would help: a wrong password is status 4', async (context) => {
    const server = await RunningServer.start(installed, { requirepass: 'right' })
    context.after(() => server.stop())
    const ran = await cli(['lag', `redis://:wrong@${server.target}`, '--listen', '0'])
    assertThreeParts(ran, 'AUTH_FAILED', 4)
    assert.doesNotMatch(ran.err, /wrong@/)
  })

  it('answers to GET and HEAD, on the two pages only', async (context) => {
    const exporting = await exporter(context, `127.0.0.1:${await freePort()}`)
    const statuses = [await exporting.get('/'), await exporting.get('/metrics', 'POST'), await exporting.get('/metrics', 'HEAD')]
    assert.deepEqual(
      statuses.map(({ status }) => status),
      [404, 405, 200],
    )
    assert.equal(statuses[2]?.text, '')
    assert.equal(await exporting.end('SIGTERM'), 0, 'also while it waits for its server')
  })

  it('ends with status 8 where the port is in use, and contacts no server', async (context) => {
    const other = createServer().listen(0, '127.0.0.1')
    context.after(() => other.close())
    await new Promise((resolve) => other.once('listening', resolve))
    const { port } = other.address() as AddressInfo
    const ran = await cli(['lag', '127.0.0.1:1', '--listen', `:${port}`])
    assertThreeParts(ran, 'OUTPUT_FAILED', 8)
    assert.match(ran.err, new RegExp(`Cannot listen on 127\\.0\\.0\\.1:${port}: the port is in use`))
  })
})

describe('promtool', () => {
  it('objects to a metric of another unit, so that its silence means something', () => {
    const { status, problems } = promtool('# HELP redis_repl_lag_ms Lag.\n# TYPE redis_repl_lag_ms counter\nredis_repl_lag_ms 1\n')
    assert.equal(status, 3)
    assert.match(problems, /_total.*\n.*abbreviated units/)
  })
})
