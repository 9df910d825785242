/** Events are plain data: what was written down and read back is the same, and shows the same. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deserialize, serialize } from 'node:v8'
import { staticSource } from '../../../src/engine/ask/source.ts'
import type { ReplEvent } from '../../../src/engine/events.ts'
import type { FollowEvent } from '../../../src/engine/follow/events.ts'
import { Follower } from '../../../src/engine/follow/follower.ts'
import type { AttachOptions, Goal } from '../../../src/engine/goal.ts'
import { attach } from '../../../src/engine/link/attach.ts'
import { Visit } from '../../../src/engine/visit.ts'
import { ReplError } from '../../../src/errors.ts'
import { NullSink } from '../../../src/io/sinks/rdb-sink.ts'
import { Spool } from '../../../src/io/spool.ts'
import { traceJson } from '../../../src/render/trace/json.ts'
import { FakeMaster, infoReply, type Script } from '../../helpers/fake-master.ts'
import { framedByLength, OTHER_REPLID, rdb } from '../../helpers/wire.ts'

const LIMIT_MS = 5000
const FULL = Buffer.concat([Buffer.from(`+FULLRESYNC ${OTHER_REPLID} 107\r\n`), framedByLength(rdb())])
const store = { sink: new NullSink() }

const VISITS: readonly (readonly [what: string, goal: Goal, script: Script])[] = [
  ['a verdict', { kind: 'verdict', sampleMs: 0, allowFork: false, stopBeforePsync: false }, { INFO: infoReply() }],
  ['a payload', { kind: 'payload', store }, { INFO: infoReply(), PSYNC: FULL }],
  [
    'a refused PSYNC',
    { kind: 'payload', store },
    { INFO: infoReply(), PSYNC: "-NOPERM User u has no permissions to run the 'psync' command\r\n" },
  ],
  ['an INFO that is refused', { kind: 'payload', store }, { INFO: '-NOPERM no permissions\r\n', PSYNC: FULL }],
]

function optionsFor({ target }: FakeMaster): Omit<AttachOptions, 'goal'> {
  return {
    endpoint: { kind: 'tcp', host: '127.0.0.1', port: Number(target.split(':')[1]) },
    clientName: 'test',
    announce: { ip: 'redis_repl', port: -1 },
    limits: { connectMs: LIMIT_MS, stepMs: LIMIT_MS, silenceMs: LIMIT_MS },
  }
}

async function eventsOf(options: AttachOptions): Promise<ReplEvent[]> {
  const events: ReplEvent[] = []
  try {
    for await (const batch of attach(options, new AbortController().signal)) events.push(...batch)
  } catch (error) {
    if (!(error instanceof ReplError)) throw error
  }
  return events
}

function shown(events: readonly ReplEvent[]): string {
  const visit = new Visit()
  for (const event of events) visit.add(event)
  return JSON.stringify(traceJson(visit))
}

for (const [what, goal, script] of VISITS) {
  test(`the events of ${what} are the same when they were written down and read back`, async () => {
    const master = await FakeMaster.start(script)
    try {
      const events = await eventsOf({ ...optionsFor(master), goal })
      const readBack = deserialize(serialize(events)) as ReplEvent[]
      assert.ok(events.some(({ type }) => type === 'exchange'))
      assert.deepEqual(readBack, events)
      assert.equal(shown(readBack), shown(events))
    } finally {
      master.stop()
    }
  })
}

test('the event of a link that broke is the same when it was written down and read back', async () => {
  const master = await FakeMaster.start({
    INFO: infoReply(),
    'REPLCONF ACK': {},
    PSYNC: { bytes: Buffer.from('+CONTINUE\r\n'), close: true },
  })
  const stop = new AbortController()
  const events: FollowEvent[] = []
  const report = (event: FollowEvent) => {
    events.push(event)
    if (event.type === 'link-down') stop.abort('seen')
  }
  const access = optionsFor(master)
  const source = staticSource(master.target, access)
  const options = {
    ...access,
    source,
    start: { kind: 'now' },
    ack: 'safe',
    allowFork: false,
    onFull: 'block',
    spoolBytes: 1000,
    retry: { isOn: true },
    onGap: 'fail',
    rdb: async () => store,
  } as const
  try {
    await new Follower(options, new Spool({ memoryBytes: 1000, diskBytes: 0, folder: '/nowhere' }), report, stop.signal).run()
    assert.equal(events.at(-1)?.type, 'link-down')
    assert.deepEqual(deserialize(serialize(events)), events)
  } finally {
    master.stop()
  }
})
