/** A consumer may leave the engine at any batch: no connection stays open. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AttachOptions, Goal } from '../../../../src/engine/goal.ts'
import { attach } from '../../../../src/engine/link/attach.ts'
import { NullSink } from '../../../../src/io/sinks/rdb-sink.ts'
import { FakeMaster, infoReply, type Script } from '../../../helpers/fake-master.ts'
import { framedByLength, OTHER_REPLID, rdb } from '../../../helpers/wire.ts'

const INFO = infoReply({ repl_backlog_first_byte_offset: '101', repl_backlog_histlen: '0' })
const PARTIAL: Script = { INFO, 'REPLCONF ACK': {} }
const FULL: Script = { ...PARTIAL, PSYNC: Buffer.concat([Buffer.from(`+FULLRESYNC ${OTHER_REPLID} 107\r\n`), framedByLength(rdb())]) }

const ack = { mode: 'zero' } as const
const store = { sink: new NullSink() }
const GOALS: readonly (readonly [goal: Goal, script: Script])[] = [
  [{ kind: 'forecast', sampleMs: 0 }, PARTIAL],
  [{ kind: 'verdict', sampleMs: 0, allowFork: false, stopBeforePsync: false }, PARTIAL],
  [{ kind: 'stream', ack, allowFork: false }, PARTIAL],
  [{ kind: 'payload', store }, FULL],
  [{ kind: 'snapshot', store, ack }, FULL],
]
/** No goal here has more than this to tell before it ends, or waits for a stream that stays empty. */
const MOST_BATCHES = 30
const PATIENCE_MS = 5000

class Leaving extends Error {}

function optionsFor(goal: Goal, target: string): AttachOptions {
  const [host = '', port] = target.split(':')
  return {
    endpoint: { kind: 'tcp', host, port: Number(port) },
    clientName: 'test',
    announce: { ip: 'redis_repl', port: -1 },
    limits: { connectMs: PATIENCE_MS, stepMs: PATIENCE_MS, silenceMs: PATIENCE_MS },
    goal,
  }
}

/** @returns whether it came to an end, or to an empty stream, before it was left */
async function leaveAt(count: number, options: AttachOptions, leave: 'break' | 'throw'): Promise<boolean> {
  let batches = 0
  try {
    for await (const batch of attach(options, new AbortController().signal)) {
      batches += 1
      const isLast = batches === count
      if (isLast && leave === 'throw') throw new Leaving()
      if (isLast) return false
      if (batch.some(({ type }) => type === 'following')) return true
    }
  } catch (error) {
    if (!(error instanceof Leaving)) throw error
    return false
  }
  return true
}

/** Until the server has seen that every connection was closed. */
async function allClosed(master: FakeMaster): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; master.open > 0; await sleep(5)) {
    if (Date.now() > end) return
  }
}

for (const [goal, script] of GOALS) {
  for (const leave of ['break', 'throw'] as const) {
    test(`a consumer of the goal ${goal.kind} that leaves by ${leave} at any batch leaves no connection open`, async () => {
      const leftOpen: number[] = []
      for (let count = 1, isOver = false; !isOver; count++) {
        assert.ok(count <= MOST_BATCHES, 'it comes to its end')
        const master = await FakeMaster.start(script)
        try {
          isOver = await leaveAt(count, optionsFor(goal, master.target), leave)
          await allClosed(master)
          if (master.open > 0) leftOpen.push(count)
          assert.ok(master.connections > 0)
        } finally {
          master.stop()
        }
      }
      assert.deepEqual(leftOpen, [], 'the batches at which a connection was left open')
    })
  }
}
