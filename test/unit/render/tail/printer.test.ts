import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { KeyRules } from '../../../../src/protocol/stream/key-rules.ts'
import { selection } from '../../../../src/render/tail/select.ts'
import { Counted, StatsView } from '../../../../src/render/tail/stats/view.ts'
import { TemplateFormat } from '../../../../src/render/tail/template.ts'
import { cut } from '../../../helpers/chunkings.ts'
import { attached, bytesOf, consume, endsOf, printed, SERVER, type Words } from '../../../helpers/stream.ts'
import { OTHER_REPLID, REPLID } from '../../../helpers/wire.ts'

const TRANSACTION: Words[] = [['SET', 'a', '1'], ['MULTI'], ['SET', 'b', '1'], ['INCR', 'c'], ['EXEC'], ['DEL', 'd']]
const keys = KeyRules.builtIn()
const UNNAMED = { shard: '', server: '' }
const words = () => new TemplateFormat('%c %1\\n', keys, UNNAMED)

/** One line a command: its name and its first argument. */
async function shown(...args: Parameters<typeof printed> extends [unknown, ...infer Rest] ? Rest : never): Promise<string[]> {
  const out = await printed(words(), ...args)
  return out
    .split('\n')
    .slice(0, -1)
    .map((line) => line.trim())
}

function wanted(fields: Partial<Parameters<typeof selection>[0]>) {
  return { isWanted: selection({ db: [], command: [], exclude: [], match: [], ...fields }, keys) }
}

/** The same bytes in several blocks, as from a link that delivers slowly. */
function slowly(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  return Array.from(cut(bytes, sizes), (piece) => Buffer.from(piece))
}

test('Printer: the hello of a Sentinel is hidden like PING, and any other message is not', async () => {
  const hello = ['PUBLISH', '__sentinel__:hello', '10.0.0.9,26379,…']
  const stream = bytesOf(
    hello,
    ['PUBLISH', '__sentinel__:hello2', 'x'],
    ['publish', 'news', '__sentinel__:hello'],
    ['PUBLISH', '__sentinel__:hello'],
  )
  const rest = ['PUBLISH __sentinel__:hello2', 'publish news', 'PUBLISH __sentinel__:hello']
  assert.deepEqual(await shown([stream], {}), rest)
  assert.deepEqual(await shown([stream], { all: true }), ['PUBLISH __sentinel__:hello', ...rest])
})

test('Printer: keep-alives and SELECT are hidden, unless all are wanted', async () => {
  const stream = bytesOf(['SELECT', '0'], ['PING'], ['SET', 'a', '1'], ['REPLCONF', 'GETACK', '*'])
  assert.deepEqual(await shown([stream]), ['SET a'])
  assert.deepEqual(await shown([stream], { all: true }), ['SELECT 0', 'PING', 'SET a', 'REPLCONF GETACK'])
})

test('Printer: a transaction of which nothing is wanted is not shown at all; of another MULTI and EXEC are', async () => {
  const stream = [bytesOf(...TRANSACTION)]
  assert.deepEqual(await shown(stream, wanted({ match: ['b'] })), ['MULTI', 'SET b', 'EXEC'])
  assert.deepEqual(await shown(stream, wanted({ match: ['[ad]'] })), ['SET a', 'DEL d'])
})

test('Printer: the same, wherever a transaction is cut by the link', async () => {
  const bytes = bytesOf(...TRANSACTION)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }), async (sizes) => {
      assert.deepEqual(await shown(slowly(bytes, sizes), wanted({ match: ['b'] })), ['MULTI', 'SET b', 'EXEC'])
      assert.deepEqual(await shown(slowly(bytes, sizes), wanted({ match: ['d'] })), ['DEL d'])
      assert.deepEqual(await shown(slowly(bytes, sizes)), ['SET a', 'MULTI', 'SET b', 'INCR c', 'EXEC', 'DEL d'])
    }),
  )
})

test('Printer: what is shown of a transaction that never ended is taken back when the stream begins anew', async () => {
  const half = bytesOf(['SET', 'a', '1'], ['MULTI'], ['SET', 'b', '1'])
  assert.deepEqual(await shown([attached(), half, attached({ offset: 900 }), bytesOf(['SET', 'c', '1'])]), ['SET a', 'SET c'])
})

test('Printer: a stream that continues under another replid, inside a command, is one stream', async () => {
  const bytes = bytesOf(['SET', 'a', '1'], ['SET', 'b', '2'])
  const mark = { type: 'resumed', at: 0, server: SERVER, position: { replid: OTHER_REPLID, offset: 40 }, formerReplid: REPLID } as const
  assert.deepEqual(await shown([attached(), bytes.subarray(0, 40), mark, bytes.subarray(40)]), ['SET a', 'SET b'])
})

test('Printer: a count is of commands that were shown, and ends after a whole transaction', async () => {
  const stream = [bytesOf(...TRANSACTION)]
  assert.deepEqual(await shown(stream, { count: 1 }), ['SET a'])
  assert.deepEqual(await shown(stream, { count: 2 }), ['SET a', 'MULTI', 'SET b', 'INCR c', 'EXEC'])
  assert.deepEqual(await shown(stream, { count: 2, flat: true }), ['SET a', 'MULTI'])
})

test('Consumer: a limit inside a command leaves it out, and one inside a transaction all of it', async () => {
  const ends = endsOf(...TRANSACTION)
  const until = (untilOffset: number) => shown([bytesOf(...TRANSACTION)], {}, { untilOffset })
  assert.deepEqual(await until(ends[0] as number), ['SET a'])
  assert.deepEqual(await until((ends[0] as number) - 1), [])
  assert.deepEqual(await until(ends[3] as number), ['SET a'])
  assert.deepEqual(await until(ends[4] as number), ['SET a', 'MULTI', 'SET b', 'INCR c', 'EXEC'])
})

test('Consumer: the place to go on from is never inside a transaction, unless it is shown flat', async () => {
  const [set, multi] = endsOf(...TRANSACTION)
  const open = bytesOf(...TRANSACTION.slice(0, 3))
  const view = () => new StatsView(new Counted(keys), undefined, undefined)
  const whole = (await consume(view(), [attached(), open])).at(-1)
  assert.deepEqual(whole?.position, { replid: REPLID, offset: set, db: 0, transaction: undefined })
  const flat = (await consume(view(), [attached(), open], { flat: true })).at(-1)
  assert.deepEqual(flat?.position, { replid: REPLID, offset: endsOf(...TRANSACTION)[2], db: 0, transaction: set })
  assert.ok((multi as number) > (set as number))
})

test('Consumer: a place inside a transaction is gone on from as such', async () => {
  const [set] = endsOf(...TRANSACTION)
  const rest = bytesOf(['INCR', 'c'], ['EXEC'], ['DEL', 'd'])
  const from = attached({ offset: 500, showAfter: 500, transaction: set as number })
  const out = await printed(new TemplateFormat('%c %x\\n', keys, UNNAMED), [from, rest], { flat: true }, { flat: true })
  assert.equal(out, `INCR ${set}\nEXEC ${set}\nDEL -\n`)
})

test('Consumer: what is only read to learn the database is neither shown nor counted', async () => {
  const before = bytesOf(['SELECT', '7'], ['SET', 'old', '1'])
  const mark = attached({ db: undefined, showAfter: before.length })
  assert.equal(await printed(new TemplateFormat('%d %1\\n', keys, UNNAMED), [mark, before, bytesOf(['SET', 'new', '1'])]), '7 new\n')
  const counted = new Counted(keys)
  const view = new StatsView(counted, undefined, undefined)
  const progress = await consume(view, [mark, before, bytesOf(['SET', 'new', '1'])])
  assert.equal(counted.stats.figures().commands, 1)
  assert.equal(progress.at(-1)?.commands, 1)
})

test('Consumer: bytes that begin inside a command are shown from the next one on', async () => {
  const bytes = bytesOf(['SET', 'cut', 'x'.repeat(50)], ['SET', 'a', '1'], ['SET', 'b', '1'])
  for (let from = 1; from < 60; from++) {
    const mark = attached({ offset: from, showAfter: from, boundary: bytes.length })
    assert.deepEqual(await shown([mark, bytes.subarray(from, from + 20), bytes.subarray(from + 20)]), ['SET a', 'SET b'], `from ${from}`)
  }
})

test('StatsView: what burns the stream', async () => {
  const commands: Words[] = [
    ['SELECT', '2'],
    ['PING'],
    ['set', 'user:1', 'x'],
    ['SET', 'user:2', 'y'.repeat(100)],
    ['DEL', 'cache7'],
    ['MULTI'],
    ['EXEC'],
  ]
  const ends = endsOf(...commands)
  const size = (index: number) => (ends[index] as number) - (ends[index - 1] ?? 0)
  const counted = new Counted(keys)
  const view = new StatsView(counted, undefined, undefined)
  await consume(view, [attached({ db: undefined }), bytesOf(...commands)])
  const { byCommand, byDb, byPrefix, biggest, ...figures } = counted.stats.figures()
  const upkeep = { commands: 2, bytes: size(0) + size(1) }
  assert.deepEqual(figures, { commands: 7, bytes: ends.at(-1), upkeep })
  assert.deepEqual(byCommand[0], { name: 'SET', commands: 2, bytes: size(2) + size(3) })
  assert.deepEqual(byDb, [{ name: '2', commands: 5, bytes: (ends.at(-1) as number) - upkeep.bytes }])
  assert.deepEqual(
    byPrefix.map(({ name, commands: count }) => [name, count]),
    [
      ['user:*', 2],
      ['cache*', 1],
    ],
  )
  assert.deepEqual(biggest[0], { name: 'SET', key: 'user:2', bytes: size(3), offset: ends[3] })
})

test('StatsView: a stream of ever new names takes no endless memory, and every command is counted', async () => {
  const commands = Array.from({ length: 3000 }, (_, index): Words => [`NAME${index}`, `prefix${'x'.repeat(index)}:1`])
  const counted = new Counted(keys)
  const view = new StatsView(counted, undefined, undefined)
  await consume(view, [attached(), bytesOf(...commands)])
  const { byCommand } = counted.stats.figures()
  assert.equal(byCommand.length, 1001)
  assert.deepEqual(byCommand.find(({ name }) => name === '(other commands)')?.commands, 2000)
})
