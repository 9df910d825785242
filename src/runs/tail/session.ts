/** What all streams of one `tail` share: the output with its checkpoint, the view, and the signal that ends it. */
import { loadKeyRules } from '../../engine/ask/command-table.ts'
import type { Source } from '../../engine/ask/source.ts'
import type { ServerEvent } from '../../engine/events.ts'
import type { Checkpoint } from '../../engine/follow/checkpoint.ts'
import type { FollowEvent } from '../../engine/follow/events.ts'
import { HistoryPipeline } from '../../engine/follow/pipeline.ts'
import type { Start } from '../../engine/follow/start.ts'
import { checkStateFile } from '../../io/sinks/state-file.ts'
import { StdoutOutput } from '../../io/sinks/stdout-output.ts'
import { READ_BUFFER_BYTES } from '../../io/socket-link.ts'
import type { About } from '../../render/base/report.ts'
import type { Screen } from '../../render/base/screen.ts'
import type { Label } from '../../render/tail/format.ts'
import type { Resume, TailText } from '../../render/tail/notes.ts'
import type { StatsReport } from '../../render/tail/stats/report.ts'
import { NodeGuard } from '../../topology/node-guard.ts'
import type { Connection } from '../connection.ts'
import { nullStore } from '../stores.ts'
import type { Waiting } from '../waiting.ts'
import { isLineBased, type RdbPlan, type TailPlan } from './plan.ts'
import { RdbTarget } from './rdb-target.ts'
import { type TailView, tailView } from './view.ts'

const SPOOL_MEMORY_BYTES = 32 * 1024 * 1024

/** The output beside the stream: notes, progress and statistics. */
export interface TailReport {
  readonly about: About
  readonly waiting: Waiting
  /** The terminal on which the stream is shown; undefined for a file or a pipe. */
  readonly terminal: Screen | undefined
  readonly text: TailText | undefined
  readonly stats: StatsReport | undefined
  readonly commands: TailCommands
  /** Asks whether this server may fork; undefined without a terminal, or if the output is JSON. */
  readonly askToFork?: (name: string, server: ServerEvent | undefined) => Promise<boolean>
}

/** Command lines to paste, for a run that can be continued or repeated. */
export interface TailCommands {
  /** Resumes after ID:OFFSET. */
  readonly toResume?: (after: string) => string
  /** The same run, with permission to fork. */
  readonly toPermitFork?: string
}

/** One history, or every shard of a cluster. */
export interface Followed {
  /** Returns when it is stopped or a limit is reached. @throws ReplError after it has written everything it received */
  run(): Promise<void>
  /** Includes those that have ended. */
  readonly pipelines: readonly HistoryPipeline[]
  /** Undefined until a stream has a position. */
  readonly checkpoint: Checkpoint | undefined
  /** Undefined until a stream has a position. */
  readonly resume: Resume | undefined
}

/** One stream of a session. */
export interface StreamOptions {
  readonly source: Source
  readonly start: Start
  /** How many streams share the limits. This stream gets an equal share. */
  readonly parts: number
  readonly rdb: RdbTarget | undefined
  readonly report: (event: FollowEvent) => void
  /** Absent when it is the only stream. */
  readonly label?: Label
}

export class TailSession {
  readonly plan: TailPlan
  readonly connection: Connection
  readonly report: TailReport
  readonly signal: AbortSignal
  readonly view: TailView
  readonly output: StdoutOutput
  /** Set before the first stream runs; provides the checkpoint. */
  followed: Followed | undefined

  private constructor(
    plan: TailPlan,
    connection: Connection,
    report: TailReport,
    view: TailView,
    output: StdoutOutput,
    signal: AbortSignal,
  ) {
    this.plan = plan
    this.connection = connection
    this.report = report
    this.view = view
    this.output = output
    this.signal = signal
  }

  /** @throws ReplError USAGE before a server is contacted */
  static async open(plan: TailPlan, connection: Connection, report: TailReport, signal: AbortSignal): Promise<TailSession> {
    if (plan.statePath !== undefined) await checkStateFile(plan.statePath)
    const output = new StdoutOutput(plan.statePath, signal)
    const context = {
      about: report.about,
      terminal: report.terminal,
      loadKeyRules: async () => loadKeyRules((await connection.source.find(signal)).access, signal),
    }
    return new TailSession(plan, connection, report, await tailView(plan.view, context, output), output, signal)
  }

  /** Completes the last line if a killed run left it incomplete. */
  begin(): void {
    if (isLineBased(this.plan.view)) this.output.endLine()
  }

  /** A node's RDB is kept as that of its shard, since tail follows no more than that. */
  rdbTarget(plan: RdbPlan): RdbTarget {
    return new RdbTarget(plan, () => new NodeGuard(this.connection.addresses, true, this.signal))
  }

  open({ source, start, parts, rdb, report, label }: StreamOptions): HistoryPipeline {
    const { follow, view, untilOffset, spoolFolder } = this.plan
    const { maxRate } = follow
    const { askToFork } = this.report
    const spoolBytes = Math.ceil(follow.spoolBytes / parts)
    const options = {
      follow: {
        source,
        ...this.connection.linkOptions,
        ...follow,
        start,
        spoolBytes,
        ...(maxRate !== undefined && { maxRate: maxRate / parts }),
        forkCommand: this.report.commands.toPermitFork,
        // Several servers would ask several questions at once.
        askToFork: askToFork && label === undefined ? (server: ServerEvent | undefined) => askToFork(source.name, server) : undefined,
        rdb: async () => rdb?.open() ?? nullStore(),
      },
      consume: { flat: view.isFlat, untilOffset },
      // An empty spool must hold at least what one read delivers.
      spool: {
        memoryBytes: Math.max(READ_BUFFER_BYTES * 2, Math.floor(SPOOL_MEMORY_BYTES / parts)),
        diskBytes: spoolBytes,
        folder: spoolFolder,
      },
    }
    const watcher = {
      report: (event: FollowEvent) => {
        this.report.waiting.after(event)
        report(event)
      },
      flushed: () => this.#flushed(),
    }
    return new HistoryPipeline(options, this.view.ofStream(label), watcher, this.signal)
  }

  /** Saves the final checkpoint, after all streams have ended. @throws ReplError OUTPUT_FAILED */
  async keepLast(): Promise<void> {
    const checkpoint = this.followed?.checkpoint
    if (checkpoint) await this.output.keepLast(checkpoint)
  }

  async #flushed(): Promise<void> {
    const checkpoint = this.followed?.checkpoint
    if (checkpoint) await this.output.keep(checkpoint)
  }
}
