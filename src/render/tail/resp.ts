/** The commands as they arrived, for `redis-cli --pipe`, with a SELECT whenever the database changes. */

import type { Command } from '../../protocol/stream/command.ts'
import type { StreamState } from '../../protocol/stream/stream-state.ts'
import { encodeCommand } from '../../protocol/wire/multibulk.ts'
import type { ByteWriter } from '../base/byte-writer.ts'
import { encodeRaw } from './encoders.ts'
import type { Format } from './format.ts'

export class RespFormat implements Format {
  #db: number | undefined

  command(out: ByteWriter, command: Command, { db }: StreamState): void {
    // Sentinels announce themselves through their masters: the Sentinels of the target server must not receive this.
    if (command.name === 'PUBLISH' && command.argc > 1 && command.text(1) === '__sentinel__:hello') return
    const isFrame = command.name === 'MULTI' || command.name === 'EXEC'
    if (!isFrame && db !== this.#db && db !== undefined) {
      const select = encodeCommand(['SELECT', String(db)])
      out.copy(select)
      this.#db = db
    }
    out.encoded(encodeRaw, command, command.frameStart, command.frameEnd)
  }

  discard(): void {
    this.#db = undefined
  }
}
