/** `tail` of a single history. */
import type { Strand } from '../../engine/follow/strand.ts'
import { readState, stateRecord } from '../../io/sinks/state-file.ts'
import { firstStart, placeOf } from './flags.ts'
import { type Followed, savedState, type TailSession } from './session.ts'

export class OneTail implements Followed {
  readonly #session: TailSession
  readonly #strand: Strand

  private constructor(session: TailSession, strand: Strand) {
    this.#session = session
    this.#strand = strand
  }

  /** @throws ReplError USAGE */
  static async open(session: TailSession): Promise<OneTail> {
    const { flags, connection, text } = session.run
    const saved = flags.state === undefined ? undefined : await readState(flags.state)
    const first = firstStart(flags)
    const start = saved ? placeOf(saved) : first
    const strand = session.spin(connection.source, start, { of: 1, rdb: flags.rdb }, (event) => text?.show(event))
    return new OneTail(session, strand)
  }

  async run(): Promise<void> {
    await this.#strand.run()
  }

  get strands(): readonly Strand[] {
    return [this.#strand]
  }

  state(): object | undefined {
    const { passed } = this.#strand
    return passed && stateRecord(savedState(passed))
  }

  goOn(): string | undefined {
    const { passed } = this.#strand
    const { flags, goOn } = this.#session.run
    if (flags.state !== undefined) return passed && `the same command (the place is in ${flags.state})`
    return passed && goOn(`${passed.replid}:${passed.place.offset}`)
  }
}
