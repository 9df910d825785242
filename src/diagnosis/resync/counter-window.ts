/** The counters of a master's full and partial resyncs over time, from INFO. */
import { numberField, type ServerInfo } from '../../protocol/info/server-info.ts'

/** The counters of INFO at one moment. A counter that the server does not print is absent. */
export interface SyncCounters {
  readonly at: number
  readonly offset: number
  readonly full?: number
  readonly partials?: number
  readonly partialErrors?: number
  readonly forks?: number
}

/** Older counters no longer count. */
const WINDOW_MS = 600_000

export class CounterWindow {
  /** The first one, and one for each change. */
  #counters: SyncCounters[] = []
  #fullGrewAt = 0

  /** When sync_full grew for the last time. */
  get fullGrewAt(): number {
    return this.#fullGrewAt
  }

  /** The first and the last counters of the window. */
  get ends(): { readonly first: SyncCounters; readonly last: SyncCounters } | undefined {
    const [first, last] = [this.#counters[0], this.#counters.at(-1)]
    return first && last && { first, last }
  }

  /** A restarted server counts from zero, so older counters cannot be compared. */
  saw(server: ServerInfo, at: number): void {
    const counters = countersOf(server, at)
    const last = this.#counters.at(-1)
    if (last?.full !== undefined && counters.full !== undefined && counters.full < last.full) this.#counters = []
    if (counters.full !== last?.full) this.#fullGrewAt = at
    if (this.#counters.length > 1 && last && isSameCount(last, counters)) this.#counters.pop()
    this.#counters.push(counters)
    while (this.#counters.length > 2 && at - (this.#counters[1]?.at ?? at) > WINDOW_MS) this.#counters.shift()
  }
}

function countersOf(server: ServerInfo, at: number): SyncCounters {
  const names = { full: 'sync_full', partials: 'sync_partial_ok', partialErrors: 'sync_partial_err', forks: 'total_forks' }
  const found = Object.entries(names).flatMap(([name, field]) => {
    const value = numberField(server, field)
    return value === undefined ? [] : [[name, value]]
  })
  return { at, offset: numberField(server, 'master_repl_offset') ?? 0, ...Object.fromEntries(found) }
}

/** Most answers repeat the counters of the one before. */
function isSameCount(one: SyncCounters, other: SyncCounters): boolean {
  return (['full', 'partials', 'partialErrors', 'forks'] as const).every((name) => one[name] === other[name])
}
