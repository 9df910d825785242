/** What happened since a watch began: links that were lost, and full resyncs. */
import { hasLink } from '../../diagnosis/lag/check.ts'
import type { LagReport } from '../../diagnosis/lag/lag.ts'

export class WatchCounts {
  /** How often a replica that had its link at one look had none at the next. */
  flaps = 0
  /** By the masters' own counters, so resyncs of other clients count too. */
  fullResyncs = 0
  /** By name. */
  readonly #hadLink = new Map<string, boolean>()
  readonly #counters = new Map<string, number>()

  saw({ master, replicas }: LagReport): void {
    for (const replica of replicas.filter(({ state }) => state !== 'tool')) this.#sawLink(replica.name, hasLink(replica))
    // A replica that is no longer listed has lost its link.
    if (!master.failure) for (const name of this.#missing(master.name, replicas)) this.#sawLink(name, false)
    this.#sawCounter(master.name, master.resyncCounters?.full)
  }

  get text(): string {
    const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`
    return `${count(this.flaps, 'flap')}, ${count(this.fullResyncs, 'full resync')}`
  }

  /** The replicas of each master at its last look. */
  readonly #listed = new Map<string, readonly string[]>()

  #missing(master: string, replicas: LagReport['replicas']): string[] {
    const now = replicas.map(({ name }) => name)
    const before = this.#listed.get(master) ?? []
    this.#listed.set(master, now)
    return before.filter((name) => !now.includes(name))
  }

  #sawLink(name: string, isUp: boolean): void {
    if (this.#hadLink.get(name) && !isUp) this.flaps += 1
    this.#hadLink.set(name, isUp)
  }

  /** A restarted server counts from zero. */
  #sawCounter(master: string, full: number | undefined): void {
    if (full === undefined) return
    const before = this.#counters.get(master) ?? full
    this.fullResyncs += full >= before ? full - before : full
    this.#counters.set(master, full)
  }
}
