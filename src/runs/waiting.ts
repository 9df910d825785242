/** Says on a terminal what the run waits for, when nothing has happened for a second. */
import type { FollowEvent } from '../engine/follow/events.ts'
import { after, every, now } from '../io/clock.ts'
import { type Progress, progressOn } from '../render/base/progress.ts'
import { type Awaited, AwaitedStep, type AwaitLimits } from '../render/trace/awaited.ts'

const PATIENCE_MS = 1000
const UPDATE_EVERY_MS = 1000

export interface Waiting {
  /** The run waits for this from now on. */
  for(awaited: Awaited | undefined): void
  /** The run waits for what follows this event. @param sampleMs how long it measures the write rate */
  after(event: FollowEvent, sampleMs?: number): void
  /** Removes the line. Call before the run writes or asks something. */
  over(): void
}

/** For pipes and files, and for -q. */
export const SILENT_WAITING: Waiting = { for: () => {}, after: () => {}, over: () => {} }

export class TerminalWaiting implements Waiting {
  readonly #stream: NodeJS.WriteStream
  readonly #step: AwaitedStep
  #progress: Progress | undefined
  #stopClock = () => {}
  #isShown = false
  #awaited: Awaited | undefined

  constructor(stream: NodeJS.WriteStream, name: string, limits: AwaitLimits) {
    this.#stream = stream
    this.#step = new AwaitedStep(name, limits)
    this.for(this.#step.start)
  }

  for(awaited: Awaited | undefined): void {
    const isSame = awaited !== undefined && awaited.text === this.#awaited?.text
    if (!isSame) this.over()
    this.#awaited = awaited
    if (isSame || !awaited) return
    const startedAt = now()
    this.#stopClock = after(PATIENCE_MS, () => {
      this.#stopClock = every(UPDATE_EVERY_MS, () => void this.#show(startedAt))
    })
  }

  after(event: FollowEvent, sampleMs?: number): void {
    this.for(this.#step.after(event, sampleMs))
  }

  over(): void {
    this.#stopClock()
    this.#awaited = undefined
    if (this.#isShown) this.#progress?.end()
    this.#isShown = false
  }

  async #show(startedAt: number): Promise<void> {
    const before = this.#awaited?.text
    this.#progress ??= await progressOn(this.#stream, false, now)
    const awaited = this.#awaited
    // It may have ended while the spinner was loaded.
    if (!awaited || awaited.text !== before) return
    const { text, detail, limitMs } = awaited
    const limit = limitMs === undefined ? [] : [`at most ${Math.round(limitMs / 1000)} s`]
    this.#progress.update(text, [...(detail ?? []), `${Math.floor((now() - startedAt) / 1000)} s so far`, ...limit].join(', '))
    this.#isShown = true
  }
}
