/** One history on its way from its servers to a view: a follower and a consumer on either side of a spool. */
import { ReplError } from '../../errors.ts'
import { onAbort } from '../../io/on-abort.ts'
import { Spool, type SpoolLimits } from '../../io/spool.ts'
import type { CommandView } from './command-view.ts'
import { type ConsumeOptions, Consumer } from './consumer.ts'
import type { FollowOptions } from './errand.ts'
import type { FollowEvent, Progress, SpoolEntry } from './events.ts'
import { Follower } from './follower.ts'

export interface PipelineOptions {
  readonly follow: FollowOptions
  readonly consume: ConsumeOptions
  readonly spool: SpoolLimits
}

/** Who watches a pipeline. */
export interface Watcher {
  report(event: FollowEvent): void
  /** Everything up to `progress` is in the output. */
  flushed(): Promise<void>
}

export class HistoryPipeline {
  readonly #options: PipelineOptions
  readonly #view: CommandView
  readonly #watcher: Watcher
  readonly #spool: Spool<SpoolEntry>
  readonly #follower: Follower
  readonly #over = new AbortController()
  readonly #left = new AbortController()
  readonly #signal: AbortSignal
  #progress: Progress | undefined

  constructor(options: PipelineOptions, view: CommandView, watcher: Watcher, signal: AbortSignal) {
    this.#options = options
    this.#view = view
    this.#watcher = watcher
    this.#signal = AbortSignal.any([signal, this.#over.signal])
    this.#spool = new Spool(options.spool)
    const following = AbortSignal.any([this.#signal, this.#left.signal])
    this.#follower = new Follower(options.follow, this.#spool, (event) => watcher.report(event), following)
    onAbort(this.#signal, () => this.#spool.end())
  }

  get progress(): Progress | undefined {
    return this.#progress
  }

  /** Whether there was anything to view, if only an empty stream. */
  get hasFollowed(): boolean {
    return this.#follower.hasFollowed
  }

  /** The name of its source. */
  get server(): string {
    return this.#options.follow.source.name
  }

  /** Ends it as if it had seen enough. */
  stop(): void {
    this.#over.abort('stopped')
  }

  /** Receives nothing more; what has been received is still viewed. */
  stopReceiving(): void {
    this.#spool.end()
    this.#left.abort('left')
  }

  /** Bytes received and not viewed yet. */
  get pending(): { readonly all: number; readonly onDisk: number } {
    return { all: this.#spool.bytes, onDisk: this.#spool.diskBytes }
  }

  /** Ends with the signal, or when the view has seen enough. @throws ReplError when everything that was received has been viewed. */
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
      // A stop is no failure of the pipeline.
      if (error.code !== 'ABORTED' || !this.#signal.aborted) throw error.with({ endpoint: source.name })
    } finally {
      this.#over.abort('over')
      await this.#spool.close()
      await following
      source.close?.()
    }
  }
}
