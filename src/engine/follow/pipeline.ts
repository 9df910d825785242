/** Carries one history from its servers to a view: a follower fills a spool, a consumer empties it. */
import { ReplError } from '../../errors.ts'
import { onAbort } from '../../io/on-abort.ts'
import { Spool, type SpoolLimits } from '../../io/spool.ts'
import type { CommandView } from './command-view.ts'
import { type ConsumeOptions, Consumer } from './consumer.ts'
import type { FollowEvent, Progress, SpoolEntry } from './events.ts'
import { Follower } from './follower.ts'
import type { FollowOptions } from './link-plan.ts'

export interface PipelineOptions {
  readonly follow: FollowOptions
  readonly consume: ConsumeOptions
  readonly spool: SpoolLimits
}

/** Receives the events of a pipeline. */
export interface Watcher {
  report(event: FollowEvent): void
  /** Called when everything up to `progress` is in the output. */
  flushed(): Promise<void>
}

export class HistoryPipeline {
  readonly #options: PipelineOptions
  readonly #view: CommandView
  readonly #watcher: Watcher
  readonly #spool: Spool<SpoolEntry>
  readonly #follower: Follower
  readonly #stop = new AbortController()
  readonly #receiveStop = new AbortController()
  readonly #signal: AbortSignal
  #progress: Progress | undefined

  constructor(options: PipelineOptions, view: CommandView, watcher: Watcher, signal: AbortSignal) {
    this.#options = options
    this.#view = view
    this.#watcher = watcher
    this.#signal = AbortSignal.any([signal, this.#stop.signal])
    this.#spool = new Spool(options.spool)
    const following = AbortSignal.any([this.#signal, this.#receiveStop.signal])
    this.#follower = new Follower(options.follow, this.#spool, (event) => watcher.report(event), following)
    onAbort(this.#signal, () => this.#spool.end())
  }

  get progress(): Progress | undefined {
    return this.#progress
  }

  /** Whether any link reached its stream, even an empty one. */
  get hasFollowed(): boolean {
    return this.#follower.hasFollowed
  }

  /** The name of its source. */
  get server(): string {
    return this.#options.follow.source.name
  }

  /** Ends the run as if the view were done. */
  stop(): void {
    this.#stop.abort('stopped')
  }

  /** Stops receiving; the view still gets everything received so far. */
  stopReceiving(): void {
    this.#spool.end()
    this.#receiveStop.abort('left')
  }

  /** Bytes received but not yet viewed. */
  get pending(): { readonly all: number; readonly onDisk: number } {
    return { all: this.#spool.bytes, onDisk: this.#spool.diskBytes }
  }

  /** Returns on abort, or when the view is done. A failure is thrown only after everything received has been viewed. */
  async run(): Promise<void> {
    const { source } = this.#options.follow
    const following = this.#follower.run()
    const flushed = async (progress: Progress) => {
      this.#progress = progress
      this.#follower.delivered(progress.position)
      await this.#watcher.flushed()
    }
    try {
      await new Consumer(this.#view, this.#options.consume).run(this.#spool, flushed, this.#signal)
    } catch (error) {
      if (!(error instanceof ReplError)) throw error
      // A stop is not a failure.
      if (error.code !== 'ABORTED' || !this.#signal.aborted) throw error.with({ endpoint: source.name })
    } finally {
      this.#stop.abort('over')
      await this.#spool.close()
      await following
      source.close?.()
    }
  }
}
