/** Counts the commands of a stream instead of showing them. */

import { StreamStats } from '../../../diagnosis/stream-stats.ts'
import type { CommandView } from '../../../engine/follow/command-view.ts'
import type { GapEvent, HistoryEvent } from '../../../engine/follow/events.ts'
import type { Command } from '../../../protocol/stream/command.ts'
import type { KeyRules } from '../../../protocol/stream/key-rules.ts'
import type { Role, StreamState } from '../../../protocol/stream/stream-state.ts'

/** The counts of all views that share it. */
export class Counted {
  readonly stats: StreamStats
  readonly gaps: GapEvent[] = []
  writes = 0

  constructor(keys: KeyRules) {
    this.stats = new StreamStats(keys)
  }
}

type IsWanted = (command: Command, db: number | undefined) => boolean

export class StatsView implements CommandView {
  readonly #counted: Counted
  readonly #isWanted: IsWanted | undefined
  readonly #count: number | undefined
  readonly #isNamed: boolean
  #server: string | undefined

  /** @param isNamed whether the stream is one of several */
  constructor(counted: Counted, isWanted: IsWanted | undefined, count: number | undefined, isNamed = false) {
    this.#counted = counted
    this.#isWanted = isWanted
    this.#count = count
    this.#isNamed = isNamed
  }

  get isDone(): boolean {
    return this.#count !== undefined && this.#counted.writes >= this.#count
  }

  command(command: Command, role: Role, { db }: StreamState): void {
    if (this.#isWanted && !this.#isWanted(command, db)) return
    this.#counted.writes += role === 'data' ? 1 : 0
    this.#counted.stats.add(command, role, db, this.#server)
  }

  history(event: HistoryEvent): void {
    if (this.#isNamed) this.#server = event.server
    if (event.type === 'gap') this.#counted.gaps.push(event)
  }

  discard(): void {}

  async flush(): Promise<void> {}
}
