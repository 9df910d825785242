/** `tail` of a single history. */
import { type Checkpoint, checkpointAt, positionIn, STATE_SCHEMA } from '../../engine/follow/checkpoint.ts'
import type { HistoryPipeline } from '../../engine/follow/pipeline.ts'
import { readState } from '../../io/sinks/state-file.ts'
import type { Resume } from '../../render/tail/notes.ts'
import type { Followed, TailSession } from './session.ts'

export class OneTail implements Followed {
  readonly #session: TailSession
  readonly #pipeline: HistoryPipeline

  private constructor(session: TailSession, pipeline: HistoryPipeline) {
    this.#session = session
    this.#pipeline = pipeline
  }

  /** @throws ReplError USAGE, OUTPUT_EXISTS */
  static async open(session: TailSession): Promise<OneTail> {
    const { plan, connection, report } = session
    const saved = plan.statePath === undefined ? undefined : await readState(plan.statePath, STATE_SCHEMA, positionIn)
    const start = saved ? ({ kind: 'resume', position: saved } as const) : plan.first
    const rdb = plan.rdb && session.rdbTarget(plan.rdb)
    // With a checkpoint, an existing file comes from an earlier run of this command.
    if (!saved && (start.kind === 'snapshot' || plan.follow.onGap === 'resync')) await rdb?.check()
    const { source } = connection
    const pipeline = session.open({ source, start, parts: 1, rdb, report: (event) => report.text?.show(event) })
    return new OneTail(session, pipeline)
  }

  async run(): Promise<void> {
    await this.#pipeline.run()
  }

  get pipelines(): readonly HistoryPipeline[] {
    return [this.#pipeline]
  }

  get checkpoint(): Checkpoint | undefined {
    const { progress } = this.#pipeline
    return progress && checkpointAt(progress.position)
  }

  get resume(): Resume | undefined {
    const { progress } = this.#pipeline
    const { plan, report } = this.#session
    if (!progress) return undefined
    if (plan.statePath !== undefined) return { kind: 'checkpoint', path: plan.statePath }
    const command = report.commands.toResume?.(`${progress.position.replid}:${progress.position.offset}`)
    return command === undefined ? undefined : { kind: 'command', command }
  }
}
