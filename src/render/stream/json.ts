/** For programs: NDJSON, docs/schemas/tail-1.json. The first record names the schema. */
import type { GapMark } from '../../engine/follow-events.ts'
import type { Command } from '../../protocol/stream.ts'
import type { StreamState } from '../../protocol/stream-state.ts'
import type { ByteWriter } from '../byte-writer.ts'
import { jsonLine } from '../json.ts'
import { jsonValue } from './encoders.ts'
import { type Format, TimeStamp } from './format.ts'
import { gapSentence } from './gap.ts'

const COMMA = 0x2c

export class JsonFormat implements Format {
  readonly #stamp = new TimeStamp()

  command(out: ByteWriter, command: Command, { db, transaction }: StreamState, at: number): void {
    out.ascii('{"type":"command","start":')
    out.number(command.startOffset)
    out.ascii(',"end":')
    out.number(command.endOffset)
    out.ascii(',"db":')
    numberOrNull(out, db)
    out.ascii(',"time":"')
    out.ascii(this.#stamp.of(at))
    out.ascii('","transaction":')
    numberOrNull(out, transaction)
    out.ascii(',"argv":[')
    for (let index = 0; index < command.argc; index++) {
      if (index > 0) out.byte(COMMA)
      jsonValue(out, command.bytes, command.argStart(index), command.argEnd(index))
    }
    out.ascii(']}\n')
  }

  attached(out: ByteWriter, replid: string, offset: number): void {
    out.utf8(jsonLine({ type: 'attached', schema: 'redis-repl/tail/1', replid, offset }))
  }

  gap(out: ByteWriter, mark: GapMark): void {
    const { reason, from, to } = mark
    out.utf8(jsonLine({ type: 'gap', reason, from, to, text: gapSentence(mark) }))
  }
}

function numberOrNull(out: ByteWriter, value: number | undefined): void {
  if (value === undefined) out.ascii('null')
  else out.number(value)
}
