/** A follower between two links. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Found } from '../../../../src/engine/ask/source.ts'
import type { FollowEvent } from '../../../../src/engine/follow/events.ts'
import { Follower } from '../../../../src/engine/follow/follower.ts'
import { NullSink } from '../../../../src/io/sinks/rdb-sink.ts'
import { Spool } from '../../../../src/io/spool.ts'
import { FakeMaster, infoReply, REPLID } from '../../../helpers/fake-master.ts'
import { OTHER_REPLID } from '../../../helpers/wire.ts'

const LIMIT_MS = 5000

test('--ack honest: what is written of one history is not acknowledged to a server of another', async () => {
  const granted = (replid: string) => ({ INFO: infoReply({ master_replid: replid }), 'REPLCONF ACK': {}, CONFIG: '*0\r\n' })
  const first = await FakeMaster.start({ ...granted(REPLID), PSYNC: { bytes: Buffer.from(`+CONTINUE ${REPLID}\r\n`), close: true } })
  const second = await FakeMaster.start({ ...granted(OTHER_REPLID), PSYNC: `+CONTINUE ${OTHER_REPLID}\r\n` })
  const stop = new AbortController()
  let links = 0
  const find = async (): Promise<Found> => {
    const { target } = links++ === 0 ? first : second
    // The output comes as far as this while the next link is being made.
    follower.delivered({ replid: REPLID, offset: 90 })
    const endpoint = { kind: 'tcp', host: '127.0.0.1', port: Number(target.split(':')[1]) } as const
    return { access: { endpoint, clientName: 'test', limits: { connectMs: LIMIT_MS, stepMs: LIMIT_MS, silenceMs: LIMIT_MS } } }
  }
  const report = (event: FollowEvent) => {
    if (event.type === 'attached' && event.position.replid === OTHER_REPLID) setTimeout(() => stop.abort('seen'), 100)
  }
  const options = {
    source: { name: 'test', find },
    announce: { ip: 'redis_repl', port: -1 },
    start: { kind: 'now' },
    ack: 'honest',
    allowFork: false,
    onGap: 'skip',
    onFull: 'block',
    spoolBytes: 1000,
    retry: { isOn: true },
    rdb: async () => ({ sink: new NullSink() }),
  } as const
  const follower = new Follower(options, new Spool({ memoryBytes: 1000, diskBytes: 0, folder: '/nowhere' }), report, stop.signal)
  try {
    await follower.run()
    const acks = second.received.filter(([name, option]) => name === 'REPLCONF' && option === 'ACK').map(([, , offset]) => offset)
    assert.ok(acks.length > 0)
    assert.deepEqual(new Set(acks), new Set(['0']))
  } finally {
    first.stop()
    second.stop()
  }
})
