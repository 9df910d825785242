/** When the end of a link is taken for an overrun of our output buffer on the master. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ServerEvent } from '../../../src/engine/events.ts'
import { type CutLink, Overruns } from '../../../src/engine/overrun.ts'
import { ReplError } from '../../../src/errors.ts'
import { REPLID } from '../../helpers/wire.ts'

const MIB = 1024 * 1024
const ENDED = new ReplError('STREAM_ENDED', { state: 'CONNECTED' })

function server(limit: string, version = '6.0.16'): ServerEvent {
  const settings = new Map([
    ['client-output-buffer-limit', `normal 0 0 0 replica ${limit} pubsub 1 1 1`],
    ['repl-backlog-size', String(4 * MIB)],
  ])
  return { type: 'server', at: 0, identity: { flavour: 'redis', version, mode: 'standalone' }, settings }
}

function cut(fields: Partial<Omit<CutLink, 'received'>> & { readonly received?: number } = {}): CutLink {
  const { received = 0, ...others } = fields
  return { server: undefined, begin: 0, showAfter: 0, live: 2 * MIB, ...others, received: { replid: REPLID, offset: received } }
}

function judge(overruns: Overruns, link: CutLink, error: unknown = ENDED): readonly unknown[] | undefined {
  const overrun = overruns.judge(error, link)
  return overrun && [overrun.error.details.reason, overrun.restart?.offset, overrun.isFinal]
}

test('half of the lower limit is left to the look-back, and as much as it likes where there is none', () => {
  const bytes = (limit: string, version?: string) => new Overruns().lookBackBytes(server(limit, version))
  assert.equal(bytes('524288 0 0'), 262_144)
  assert.equal(bytes('1048576 524288 60'), 262_144)
  assert.equal(bytes('0 0 0'), Number.POSITIVE_INFINITY)
  // Since 7.0 the hard limit is at least the size of the backlog.
  assert.equal(bytes('524288 0 0', '7.0.0'), 2 * MIB)
  assert.equal(new Overruns().lookBackBytes(undefined), Number.POSITIVE_INFINITY)
})

test('a look-back is cut once, and after that there is none', () => {
  const overruns = new Overruns()
  assert.deepEqual(judge(overruns, cut({ begin: MIB, received: MIB, showAfter: 2 * MIB })), ['LOOK_BACK_CUT', 2 * MIB, false])
  assert.equal(overruns.lookBackBytes(undefined), 0)
})

test('a range larger than the buffer is final at the first cut if the limit is known, otherwise at the second', () => {
  assert.deepEqual(judge(new Overruns(), cut({ server: server('524288 0 0') })), ['OUTPUT_BUFFER', undefined, true])
  const blind = new Overruns()
  assert.deepEqual(judge(blind, cut()), ['OUTPUT_BUFFER', undefined, false])
  assert.deepEqual(judge(blind, cut()), ['OUTPUT_BUFFER', undefined, true])
  const progressing = new Overruns()
  for (let count = 1; count < 5; count++)
    assert.deepEqual(judge(progressing, cut({ received: count })), ['OUTPUT_BUFFER', undefined, false])
})

test('a link that breaks for another reason is not an overrun', () => {
  const others: [CutLink, unknown?][] = [
    [cut({ received: 2 * MIB })],
    [cut({ live: 1000 })],
    [cut({ server: server('0 0 0') })],
    [cut({ server: server('4194304 0 0') })],
    [cut(), new ReplError('SILENT', { silentMs: 30_000 })],
    [cut(), new Error('a bug')],
  ]
  for (const [link, error] of others) assert.equal(judge(new Overruns(), link, error), undefined)
})
