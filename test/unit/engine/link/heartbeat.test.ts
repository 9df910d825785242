/** What is acknowledged while a stream comes in. */
import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { type Ack, type AckMode, Delivered } from '../../../../src/engine/link/ack.ts'
import { Heartbeat } from '../../../../src/engine/link/heartbeat.ts'
import { SetslotWatch } from '../../../../src/engine/link/setslot-watch.ts'
import { ScriptedLink } from '../../../helpers/scripted-link.ts'
import { multibulk, REPLID } from '../../../helpers/wire.ts'

const GETACK = multibulk('REPLCONF', 'GETACK', '*')
const SETSLOT = multibulk('CLUSTER', 'SetSlot', '5', 'NODE', REPLID)
/** The last byte before the stream. */
const OFFSET = 1000

interface Scene {
  readonly heartbeat: Heartbeat
  readonly delivered: Delivered
}

/** @returns the offsets that were acknowledged */
function acks(mode: AckMode, act: (scene: Scene) => void, setslots?: SetslotWatch): string[] {
  mock.timers.enable({ apis: ['setInterval'] })
  const link = new ScriptedLink()
  const delivered = new Delivered()
  const ack: Ack = mode === 'honest' ? { mode, delivered } : { mode }
  const heartbeat = new Heartbeat(link, ack, OFFSET, setslots)
  try {
    act({ heartbeat, delivered })
    return link.sent.map((bytes) => /ACK\r\n\$\d+\r\n(\d+)/.exec(bytes.toString())?.[1] ?? '')
  } finally {
    heartbeat.stop()
    mock.timers.reset()
  }
}

test('each second there is a sign of life, which claims nothing unless it is honest', () => {
  const life = (mode: AckMode) =>
    acks(mode, ({ delivered }) => {
      delivered.set(1500)
      mock.timers.tick(2000)
    })
  assert.deepEqual(life('safe'), ['0', '0', '0'])
  assert.deepEqual(life('zero'), ['0', '0', '0'])
  assert.deepEqual(life('honest'), ['0', '1500', '1500'])
})

test('GETACK is answered at once by an honest one when all before it is delivered, however it is cut; by the others never', () => {
  for (let at = 1; at < GETACK.length; at++) {
    const ask = ({ heartbeat, delivered }: Scene) => {
      heartbeat.received(Buffer.concat([Buffer.from('x'.repeat(50)), GETACK.subarray(0, at)]))
      heartbeat.received(GETACK.subarray(at))
      delivered.set(1049)
      delivered.set(1050)
    }
    assert.deepEqual(acks('honest', ask), ['0', '1050'])
    assert.deepEqual(acks('safe', ask), ['0'])
  }
})

/** What is acknowledged of a stream that is cut at one place, where SETSLOTs are watched for. */
function confirmed(stream: Buffer, at: number, boundary = OFFSET): string[] {
  const cut = ({ heartbeat }: Scene) => {
    heartbeat.received(stream.subarray(0, at))
    heartbeat.received(stream.subarray(at))
  }
  const setslots = new SetslotWatch()
  setslots.attached(OFFSET, boundary)
  return acks('safe', cut, setslots)
}

test('a CLUSTER SETSLOT is confirmed once, up to its GETACK, also where writes follow at once and wherever the stream is cut', () => {
  const stream = Buffer.concat([SETSLOT, GETACK, multibulk('SET', 'a', '1'), GETACK])
  for (let at = 0; at < stream.length; at++) {
    assert.deepEqual(confirmed(stream, at), ['0', String(OFFSET + SETSLOT.length)], `cut at ${at}`)
  }
})

test('without a watch a CLUSTER SETSLOT is not confirmed', () => {
  const ask = ({ heartbeat }: Scene) => heartbeat.received(Buffer.concat([SETSLOT, GETACK]))
  assert.deepEqual(acks('safe', ask), ['0'])
})

test('what looks like a CLUSTER SETSLOT in a key or a value is not confirmed, wherever the stream is cut', () => {
  const values = ['setslot', 'SETSLOT', SETSLOT, Buffer.concat([Buffer.from('\r\n'), SETSLOT, GETACK])]
  for (const value of values) {
    for (const command of [multibulk('SET', 'k', value), multibulk('SET', value, 'v'), multibulk('RPUSH', 'CLUSTER', value)]) {
      const stream = Buffer.concat([command, GETACK])
      for (let at = 0; at < stream.length; at++) assert.deepEqual(confirmed(stream, at), ['0'], `cut at ${at}`)
    }
  }
})

test('a stream that begins inside a command is watched from the first known end of one', () => {
  const half = multibulk('SET', 'k', SETSLOT).subarray(20)
  const stream = Buffer.concat([half, SETSLOT, GETACK])
  for (let at = 0; at < stream.length; at++) {
    const offset = String(OFFSET + half.length + SETSLOT.length)
    assert.deepEqual(confirmed(stream, at, OFFSET + half.length), ['0', offset], `cut at ${at}`)
  }
})

test('a stream that breaks the protocol is watched no longer, and breaks nothing here', () => {
  const stream = Buffer.concat([Buffer.from('nonsense\r\n'), SETSLOT, GETACK])
  for (let at = 0; at < stream.length; at++) assert.deepEqual(confirmed(stream, at), ['0'], `cut at ${at}`)
})

test('a CLUSTER SETSLOT that is cut by the end of a link is confirmed on the next link, wherever it is cut, and not after other bytes', () => {
  const stream = Buffer.concat([multibulk('SET', 'k', SETSLOT), SETSLOT, GETACK])
  const end = OFFSET + stream.length - GETACK.length
  for (let at = 0; at < stream.length; at++) {
    const overTwoLinks = (second: number) => {
      const setslots = new SetslotWatch()
      setslots.attached(OFFSET, OFFSET)
      const first = setslots.received(stream.subarray(0, at))
      setslots.attached(second, undefined)
      return [first, setslots.received(stream.subarray(at))]
    }
    assert.deepEqual(overTwoLinks(OFFSET + at), [undefined, end], `cut at ${at}`)
    assert.deepEqual(overTwoLinks(OFFSET + at + 1), [undefined, undefined], `cut at ${at}, one byte lost`)
  }
})
