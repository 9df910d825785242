/** What all streams of one `tail` share: its output, its checkpoint, and what ends it. */

import type { Connection } from '../../cli/connection.ts'
import { learnKeys } from '../../engine/ask/command-table.ts'
import type { Progress } from '../../engine/follow/consume.ts'
import type { Told } from '../../engine/follow/follow.ts'
import type { Start } from '../../engine/follow/start.ts'
import { Strand } from '../../engine/follow/strand.ts'
import type { Source } from '../../engine/source.ts'
import { now } from '../../io/clock.ts'
import { StdoutSink } from '../../io/sinks/rdb-file.ts'
import { checkStateFile, type SavedState, StateFile } from '../../io/sinks/state-file.ts'
import { READ_BUFFER_BYTES } from '../../io/socket-link.ts'
import { Turns } from '../../io/turns.ts'
import type { Label } from '../../render/tail/format.ts'
import type { TailText } from '../../render/tail/notes.ts'
import type { StatsReport } from '../../render/tail/stats/report.ts'
import { followOptions, type Part, parseLimit, spoolFolder } from './flags.ts'
import { type TailFlags, type TailView, tailView } from './view.ts'

const SPOOL_MEMORY_BYTES = 32 * 1024 * 1024

export interface TailRun {
  readonly connection: Connection
  readonly flags: TailFlags
  /** Ctrl-C and its like. */
  readonly stop: AbortSignal
  /** Nobody reads any more. */
  readonly outputEnded: AbortSignal
  readonly text: TailText | undefined
  readonly stats: StatsReport | undefined
  /** The words of a command that goes on from there. */
  readonly goOn: (place: string) => string
}

/** One history, or every shard of a cluster. */
export interface Followed {
  /** Returns when it was stopped, or has seen enough. @throws ReplError when everything that was received has been written. */
  run(): Promise<void>
  /** All there have been. */
  readonly strands: readonly Strand[]
  /** The checkpoint; undefined while nothing is known. */
  state(): object | undefined
  /** How to go on where it has ended. */
  goOn(): string | undefined
}

export class TailSession {
  readonly run: TailRun
  readonly signal: AbortSignal
  readonly view: TailView
  readonly #sink: StdoutSink
  readonly #turns: Turns
  readonly #keeper: StateFile | undefined
  /** Who knows the state that is kept. */
  followed: Followed | undefined

  private constructor(run: TailRun, view: TailView, sink: StdoutSink, turns: Turns, signal: AbortSignal) {
    this.run = run
    this.signal = signal
    this.view = view
    this.#sink = sink
    this.#turns = turns
    this.#keeper = run.flags.state === undefined ? undefined : new StateFile(run.flags.state, process.stdout.fd)
  }

  /** @throws ReplError USAGE, before anybody is contacted */
  static async open(run: TailRun, signal: AbortSignal): Promise<TailSession> {
    const { flags, connection } = run
    if (flags.state !== undefined) await checkStateFile(flags.state)
    const [sink, turns] = [new StdoutSink(signal), new Turns()]
    const keys = async () => learnKeys((await connection.source.find(signal)).access, signal)
    const view = await tailView(flags, keys, (pieces) => turns.take(() => writeAll(sink, pieces)))
    return new TailSession(run, view, sink, turns, signal)
  }

  /** @param label where it is one of several */
  spin(source: Source, start: Start, part: Part, tell: (event: Told) => void, label?: Label): Strand {
    const { flags, connection } = this.run
    const followed = followOptions(flags, start, part)
    const options = {
      follow: { source, ...connection.manners, ...followed },
      consume: { flat: flags.flat, untilOffset: parseLimit(flags['until-offset']) },
      spool: {
        // An empty spool takes whatever comes at once.
        memoryBytes: Math.max(READ_BUFFER_BYTES * 2, Math.floor(SPOOL_MEMORY_BYTES / part.of)),
        diskBytes: followed.spoolBytes,
        folder: spoolFolder(flags['spool-dir']),
      },
    }
    return new Strand(options, this.view.ofStream(label), tell, () => this.#flushed(), this.signal)
  }

  /** A line between those of the streams. */
  async write(line: string): Promise<void> {
    await this.#turns.take(() => this.#sink.write(Buffer.from(line)))
  }

  /** Where everything has ended. @throws ReplError OUTPUT_FAILED */
  async keep(): Promise<void> {
    const state = this.followed?.state()
    if (state) await this.#keeper?.saveNow(state, now())
  }

  async #flushed(): Promise<void> {
    const keeper = this.#keeper
    if (keeper) await this.#turns.take(() => keeper.save(() => this.followed?.state() ?? {}, now()))
  }
}

async function writeAll(sink: StdoutSink, pieces: Iterable<Buffer>): Promise<void> {
  for (const piece of pieces) await sink.write(piece)
}

export function savedState({ replid, place }: Progress): SavedState {
  return { replid, offset: place.offset, db: place.db ?? null, transaction: place.transaction ?? null }
}
