/** A replica that loads its data has no position yet, and nothing is foretold of it. Scripted: no load lasts as long as wanted. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeMaster, infoReply } from '../helpers/fake-master.ts'
import { cli } from '../helpers/run.ts'
import { assertSchema } from '../helpers/schema.ts'

interface Row {
  readonly resync: object | null
}

for (const [what, loading, isKnown] of [
  ['its own RDB', { loading: '1', loading_eta_seconds: '9', slave_repl_offset: '0' }, false],
  ['its own RDB, with an offset of before', { loading: '1', slave_repl_offset: '90' }, false],
  ['the data of a full resync beside the old', { loading: '0', async_loading: '1', slave_repl_offset: '0' }, false],
  ['nothing any more', { loading: '0', async_loading: '0', slave_repl_offset: '90' }, true],
] as const) {
  test(`a replica that loads ${what} ${isKnown ? 'has a position' : 'is put off, with 6'}`, async (context) => {
    const start = async (fields: Record<string, string>) => {
      const one = await FakeMaster.start({ INFO: infoReply(fields), 'REPLCONF ACK': {} })
      context.after(() => one.stop())
      return one
    }
    const port = ({ target }: FakeMaster) => target.split(':')[1] ?? ''
    const master = await start({ run_id: 'f'.repeat(40) })
    const link = { role: 'slave', master_host: '127.0.0.1', master_port: port(master), master_link_status: 'down' }
    const replica = await start({ run_id: 'e'.repeat(40), ...link, ...loading })

    const ran = await cli(['psync', master.target, '--from-replica', replica.target, '--json', '--explain'])
    assert.equal(ran.status, isKnown ? 0 : 6, ran.out)
    if (!isKnown) {
      const { error } = assertSchema(ran.out, 'error') as { error: { what: string; details: { reason: string } } }
      assert.equal(error.details.reason, 'REPLICA_LOADING')
      assert.match(
        error.what,
        new RegExp(`^Replica ${replica.target} is LOADING its data${'loading_eta_seconds' in loading ? ' \\(9 s' : '\\.'}`),
      )
    }

    const seen = await cli(['lag', master.target, '--replica', replica.target, '--sample', '300ms', '--json'])
    const { replicas } = assertSchema(seen.out, 'lag') as unknown as { replicas: readonly Row[] }
    assert.equal(replicas.length, 1)
    assert.equal(replicas[0]?.resync !== null, isKnown, seen.out)
  })
}
