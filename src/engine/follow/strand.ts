/** One history on its way from its servers to whoever looks at it: a follower and a consumer on either side of a spool. */
import { ReplError } from '../../errors.ts'
import { Spool, type SpoolLimits } from '../../io/spool.ts'
import { type CommandView, type ConsumeOptions, Consumer, type Progress } from './consume.ts'
import { Follower, type FollowOptions, type Told } from './follow.ts'
import type { StreamMark } from './follow-events.ts'

export interface StrandOptions {
  readonly follow: FollowOptions
  readonly consume: ConsumeOptions
  readonly spool: SpoolLimits
}

export class Strand {
  readonly #options: StrandOptions
  readonly #view: CommandView
  readonly #flushed: () => Promise<void>
  readonly #spool: Spool<StreamMark>
  readonly #follower: Follower
  readonly #over = new AbortController()
  readonly #left = new AbortController()
  readonly #signal: AbortSignal
  #passed: Progress | undefined

  /** @param flushed called when everything up to `passed` is with the reader of the view */
  constructor(options: StrandOptions, view: CommandView, tell: (event: Told) => void, flushed: () => Promise<void>, signal: AbortSignal) {
    this.#options = options
    this.#view = view
    this.#flushed = flushed
    this.#signal = AbortSignal.any([signal, this.#over.signal])
    this.#spool = new Spool(options.spool)
    this.#follower = new Follower(options.follow, this.#spool, tell, AbortSignal.any([this.#signal, this.#left.signal]))
    this.#signal.addEventListener('abort', () => this.#spool.end())
  }

  /** How far its view is. */
  get passed(): Progress | undefined {
    return this.#passed
  }

  /** Whether there was anything to view, if only an empty stream. */
  get hasFollowed(): boolean {
    return this.#follower.hasFollowed
  }

  /** Whom it comes from. */
  get server(): string {
    return this.#options.follow.source.name
  }

  /** Ends it as if it had seen enough. */
  stop(): void {
    this.#over.abort()
  }

  /** Receives nothing more; what has been received is still viewed. */
  leave(): void {
    this.#spool.end()
    this.#left.abort()
  }

  /** What its view is behind what was received, in bytes. */
  get behind(): { readonly all: number; readonly onDisk: number } {
    return { all: this.#spool.bytes, onDisk: this.#spool.diskBytes }
  }

  /** Ends with the signal, or when the view has seen enough. @throws ReplError when everything that was received has been viewed. */
  async run(): Promise<void> {
    const { source } = this.#options.follow
    const following = this.#follower.run()
    const flushed = async (progress: Progress) => {
      this.#passed = progress
      this.#follower.delivered(progress.place.offset)
      await this.#flushed()
    }
    try {
      await new Consumer(this.#view, this.#options.consume).run(this.#spool, flushed, this.#signal)
    } catch (error) {
      if (!(error instanceof ReplError)) throw error
      // Whoever stops us does not want to hear of it.
      if (error.code !== 'ABORTED' || !this.#signal.aborted) throw error.with({ endpoint: source.name })
    } finally {
      this.#over.abort()
      await this.#spool.close()
      await following
      source.close?.()
    }
  }
}
