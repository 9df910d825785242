/** Counts the commands of a stream instead of showing them. */
import { StreamStats } from '../../diagnosis/stream-stats.ts'
import type { CommandView } from '../../engine/consume.ts'
import type { GapMark, PlaceMark } from '../../engine/follow-events.ts'
import type { Command } from '../../protocol/command.ts'
import type { KeyRules } from '../../protocol/key-rules.ts'
import type { Role, StreamState } from '../../protocol/stream-state.ts'

type IsWanted = (command: Command, db: number | undefined) => boolean

export class StatsView implements CommandView {
  readonly stats: StreamStats
  readonly gaps: GapMark[] = []
  readonly #isWanted: IsWanted | undefined
  readonly #count: number | undefined
  #counted = 0

  constructor(keys: KeyRules, isWanted: IsWanted | undefined, count: number | undefined) {
    this.stats = new StreamStats(keys)
    this.#isWanted = isWanted
    this.#count = count
  }

  get isDone(): boolean {
    return this.#count !== undefined && this.#counted >= this.#count
  }

  command(command: Command, role: Role, { db }: StreamState): void {
    if (this.#isWanted && !this.#isWanted(command, db)) return
    this.#counted += role === 'data' ? 1 : 0
    this.stats.add(command, role, db)
  }

  place(mark: PlaceMark): void {
    if (mark.type === 'gap') this.gaps.push(mark)
  }

  discard(): void {}

  async flush(): Promise<void> {}
}
