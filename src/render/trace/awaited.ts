/** What a run waits for after each event of the engine, in words. */

import { bytes, exact } from '../../diagnosis/units.ts'
import type { FollowEvent } from '../../engine/follow/events.ts'

/** The time limits of a connection, in milliseconds. */
export interface AwaitLimits {
  readonly connectMs: number
  readonly stepMs: number
}

export interface Awaited {
  readonly text: string
  readonly detail?: readonly string[]
  /** The run gives up after this time. */
  readonly limitMs?: number
}

export class AwaitedStep {
  readonly #name: string
  readonly #limits: AwaitLimits
  /** repl-diskless-sync-delay in seconds, as the server has it. */
  #delay: string | undefined

  constructor(name: string, limits: AwaitLimits) {
    this.#name = name
    this.#limits = limits
  }

  get start(): Awaited {
    return { text: `connecting to ${this.#name}`, limitMs: this.#limits.connectMs }
  }

  /** @param sampleMs how long the run measures the write rate @returns undefined when a stream is followed, or the run is over */
  after(event: FollowEvent, sampleMs = 0): Awaited | undefined {
    switch (event.type) {
      case 'source':
        return this.start
      case 'server':
        this.#delay = event.settings?.get('repl-diskless-sync-delay')
        return this.#answer
      case 'verdict':
        return this.#afterVerdict(event.verdict.kind, sampleMs)
      case 'keep-alive':
        return this.#snapshot(this.#delay === undefined ? [] : [`repl-diskless-sync-delay ${this.#delay} s`])
      case 'bgsave':
        return this.#snapshot([`${exact(event.keysDone)} of ${exact(event.keysTotal)} keys`])
      case 'payload-start':
        return this.#payload([])
      case 'payload-progress':
        return this.#payload([bytes(event.bytes)])
      case 'following':
      case 'attached':
      case 'resumed':
      case 'gap':
      case 'silence':
      case 'link-down':
      case 'spool-full':
      case 'stream-chunk':
        return undefined
      default:
        return this.#answer
    }
  }

  get #answer(): Awaited {
    return { text: `waiting for ${this.#name} to answer`, limitMs: this.#limits.stepMs }
  }

  #afterVerdict(kind: string, sampleMs: number): Awaited {
    if (kind === 'full' || kind === 'legacy') return this.#snapshot([])
    return sampleMs > 0 ? { text: `measuring the write rate of ${this.#name}`, limitMs: sampleMs } : this.#answer
  }

  #snapshot(detail: readonly string[]): Awaited {
    return { text: `waiting for the BGSAVE of ${this.#name}`, detail }
  }

  /** Without a limit: --silence-timeout counts from the last byte. */
  #payload(detail: readonly string[]): Awaited {
    return { text: `receiving the RDB of ${this.#name}`, detail }
  }
}
