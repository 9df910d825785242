/** The surveys of a cluster whose shards change. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Access } from '../../../src/engine/ask/access.ts'
import type { ClusterNode, Shard, SlotRange } from '../../../src/protocol/cluster/cluster-map.ts'
import { ClusterSurvey } from '../../../src/survey/cluster-survey.ts'
import { AddressMap } from '../../../src/topology/address-map.ts'
import type { Cluster } from '../../../src/topology/cluster.ts'
import { FakeMaster, infoReply } from '../../helpers/fake-master.ts'

const LIMIT_MS = 5000

function portOf({ target }: FakeMaster): number {
  return Number(target.split(':')[1])
}

function accessTo(port: number): Access {
  const limits = { connectMs: LIMIT_MS, stepMs: LIMIT_MS, silenceMs: LIMIT_MS }
  return { endpoint: { kind: 'tcp', host: '127.0.0.1', port }, clientName: 'test', limits }
}

function shardOf(id: string, master: FakeMaster, slots: readonly SlotRange[]): Shard {
  const node: ClusterNode = { id, host: '127.0.0.1', port: portOf(master), isHealthy: true }
  return { slots, master: node, replicas: [] }
}

test('a healthy shard that joins is reported by its offset at the next look', async () => {
  const ROLE = '*3\r\n$6\r\nmaster\r\n:100\r\n*0\r\n'
  const masters = [
    await FakeMaster.start({ ROLE, INFO: infoReply({ run_id: '1'.repeat(40), redis_mode: 'cluster' }) }),
    await FakeMaster.start({ ROLE, INFO: infoReply({ run_id: '2'.repeat(40), redis_mode: 'cluster' }) }),
  ] as const
  const stop = new AbortController()
  let shards = [shardOf('first', masters[0], [[0, 16383]])]
  const cluster = { look: async () => shards, access: ({ port }: ClusterNode) => accessTo(port), close: () => {} }
  const settings = {
    entry: { ...accessTo(portOf(masters[0])), announce: { ip: 'redis_repl', port: -1 } },
    replicas: () => [],
    addresses: new AddressMap([]),
    resolutionMs: 10,
    isAttached: false,
    report: () => {},
  }
  try {
    const survey = await ClusterSurvey.open(cluster as unknown as Cluster, settings, stop.signal)
    shards = [shardOf('first', masters[0], [[0, 8191]]), shardOf('second', masters[1], [[8192, 16383]])]
    const results = await survey.look()
    assert.deepEqual(
      results.map(({ report }) => report.master.offset),
      [100, 100],
    )
    await survey.close()
  } finally {
    stop.abort('over')
    for (const master of masters) master.stop()
  }
})
