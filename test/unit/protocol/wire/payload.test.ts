import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type PayloadFraming, PayloadReader } from '../../../../src/protocol/wire/payload.ts'
import { type Chunking, chunkings, cut } from '../../../helpers/chunkings.ts'
import { framedByLength, framedByMark, line, MARK, rdb } from '../../../helpers/wire.ts'

const RDB = rdb()

interface Received {
  readonly reader: PayloadReader
  readonly data: string
  readonly keepAlives: number
  readonly framings: PayloadFraming[]
}

function receive({ chunks }: Pick<Chunking, 'chunks'>): Received {
  const reader = new PayloadReader()
  const data: Buffer[] = []
  const framings: PayloadFraming[] = []
  let keepAlives = 0
  for (const chunk of chunks) {
    const piece = reader.push(chunk)
    keepAlives += piece.keepAlives
    if (piece.begun) framings.push(piece.begun.framing)
    // Copied, since the views end with the next push.
    data.push(...piece.data.map((part) => Buffer.from(part)))
  }
  return { reader, data: Buffer.concat(data).toString('latin1'), keepAlives, framings }
}

test('a payload by length is complete after its last byte, and not before', () => {
  const bytes = framedByLength(RDB)
  for (const chunking of chunkings(bytes)) {
    const { reader, data, framings } = receive(chunking)
    assert.deepEqual(
      [data, framings, reader.complete, reader.rest().length],
      [RDB.toString('latin1'), [{ kind: 'length', bytes: RDB.length }], true, 0],
      chunking.how,
    )
  }
  assert.equal(receive({ chunks: cut(bytes.subarray(0, -1), [bytes.length]) }).reader.complete, false)
})

test('bytes after a payload with a length belong to the stream', () => {
  const stream = '*1\r\n$4\r\nPING\r\n'
  for (const chunking of chunkings(Buffer.concat([framedByLength(RDB), Buffer.from(stream)]))) {
    const { reader, data } = receive(chunking)
    assert.deepEqual([data, reader.rest().toString()], [RDB.toString('latin1'), stream], chunking.how)
  }
})

/** Contents that an EOF mark must be told from. */
const CONTENTS: readonly { rule: string; payload: Buffer }[] = [
  { rule: 'an RDB', payload: RDB },
  { rule: 'no byte at all', payload: Buffer.alloc(0) },
  { rule: 'fewer bytes than the mark has', payload: Buffer.from('short') },
  { rule: 'the mark itself in the middle', payload: Buffer.from(`before${MARK}after`) },
  { rule: 'the mark itself at its end', payload: Buffer.from(`before${MARK}`) },
  { rule: 'all but the last character of the mark at its end', payload: Buffer.from(`before${MARK.slice(0, -1)}`) },
  { rule: 'the mark with its last character wrong', payload: Buffer.from(`${MARK.slice(0, -1)}x`) },
  { rule: 'line breaks at both ends', payload: Buffer.from('\r\nx\r\n') },
]

for (const { rule, payload } of CONTENTS) {
  test(`a payload by EOF mark may hold ${rule}, and the mark is not part of it`, () => {
    for (const chunking of chunkings(framedByMark(payload))) {
      const { reader, data, framings } = receive(chunking)
      assert.deepEqual([data, framings, reader.atMark], [payload.toString('latin1'), [{ kind: 'eof-mark' }], true], chunking.how)
    }
  })
}

test('an EOF mark that repeats its own beginning is found', () => {
  const mark = 'aaab'.repeat(10)
  for (const { how, chunks } of chunkings(framedByMark(Buffer.from('xaaabaaa'), mark))) {
    const { reader, data } = receive({ chunks })
    assert.deepEqual([data, reader.atMark], ['xaaabaaa', true], how)
  }
})

test('a payload that stops in an almost-mark is not at its mark', () => {
  for (const { how, chunks } of chunkings(framedByMark(RDB).subarray(0, -1))) assert.equal(receive({ chunks }).reader.atMark, false, how)
})

test('bare newlines after the mark are not part of the payload, however they are split', () => {
  for (const newlines of [1, 2, 41, 100]) {
    for (const chunking of chunkings(Buffer.concat([framedByMark(RDB), Buffer.alloc(newlines, '\n')]))) {
      const { reader, data } = receive(chunking)
      assert.deepEqual([data, reader.atMark, reader.rest().length], [RDB.toString('latin1'), true, 0], chunking.how)
    }
  }
})

test('a mark and newlines that more bytes follow were data, and so are newlines at the end of data', () => {
  for (const tail of [
    `${MARK}\n\nx`,
    `${MARK}\n${MARK}\n\n\n`,
    `\n\n\n`,
    '\n'.repeat(60),
    `${MARK}\n${'\n'.repeat(50)}y${'\n'.repeat(39)}`,
  ]) {
    const payload = Buffer.concat([RDB, Buffer.from(tail)])
    for (const chunking of chunkings(Buffer.concat([framedByMark(payload), Buffer.from('\n')]))) {
      const { reader, data } = receive(chunking)
      assert.deepEqual([data, reader.atMark], [payload.toString('latin1'), true], chunking.how)
    }
  }
})

test('a run of newlines of any length is held back only up to a limit', () => {
  const run = Buffer.alloc(100_000, '\n')
  for (const size of [1000, 100_000]) {
    const { data } = receive({ chunks: cut(Buffer.concat([framedByMark(RDB), run]), [size]) })
    assert.ok(data.length > run.length - 10_000, `${data.length}`)
  }
})

test('a mark with other bytes after it was data', () => {
  const { reader, data } = receive({ chunks: cut(Buffer.concat([framedByMark(RDB), Buffer.from('x')]), [1000]) })
  assert.deepEqual([reader.atMark, data], [false, `${RDB.toString('latin1')}${MARK[0]}`])
})

test('only the first 40 characters of a longer mark count, as for replicas', () => {
  const { reader, data } = receive({ chunks: cut(Buffer.concat([line(`$EOF:${MARK}tail`), RDB, Buffer.from(MARK)]), [1000]) })
  assert.deepEqual([reader.atMark, data], [true, RDB.toString('latin1')])
})

test('bare newlines before the header are keep-alives, and those after it are data', () => {
  for (const chunking of chunkings(Buffer.concat([Buffer.from('\n\n\n'), framedByLength(Buffer.from('\n\n'))]))) {
    const { keepAlives, data } = receive(chunking)
    assert.deepEqual([keepAlives, data], [3, '\n\n'], chunking.how)
  }
})

test('a payload has started, and its size is known, once its header is whole', () => {
  const reader = new PayloadReader()
  const seen = ['\n', '$12', '3', '\r\n'].map((text) => {
    reader.push(Buffer.from(text))
    return [reader.started, reader.announced]
  })
  assert.deepEqual(seen, [
    [false, undefined],
    [false, undefined],
    [false, undefined],
    [true, 123],
  ])
})

test('no size is announced under an EOF mark', () => {
  const { reader } = receive({ chunks: cut(framedByMark(RDB), [1000]) })
  assert.deepEqual([reader.announced, reader.complete], [undefined, false])
})

test('an error line in place of the header is a sync given up, in the words of the master', () => {
  const reply = "ERR BGSAVE failed, replication can't continue"
  for (const { how, chunks } of chunkings(Buffer.concat([Buffer.from('\n'), line(`-${reply}`)]))) {
    assert.throws(() => receive({ chunks }), { code: 'LINK_LOST', details: { reason: 'SYNC_ABORTED', reply } }, how)
  }
})

for (const header of [
  '$',
  '$0',
  '$-1',
  '$12x',
  '$ 12',
  '$1e3',
  '$9007199254740993',
  '$99999999999999999999',
  '$EOF:',
  `$EOF:${MARK.slice(1)}`,
  '+OK',
  '*1',
  'REDIS0012',
]) {
  test(`${header} announces no payload`, () => {
    const details = { reason: 'PAYLOAD_HEADER', reply: header }
    assert.throws(() => new PayloadReader().push(line(header)), { code: 'PROTOCOL', details })
  })
}

test('a header without an end is refused', () => {
  assert.throws(() => new PayloadReader().push(Buffer.alloc(70_000, '1')), {
    code: 'PROTOCOL',
    details: { reason: 'LINE_TOO_LONG', limitBytes: 65_536 },
  })
})
