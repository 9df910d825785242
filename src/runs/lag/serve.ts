/** `lag --listen`: keeps its connections, measures at every --interval, and serves the last measurement over HTTP. */
import { explain } from '../../diagnosis/errors/explain.ts'
import { describeMasterLoss } from '../../diagnosis/lag/lag.ts'
import { expectReplError, ignoreFailure, type ReplError } from '../../errors.ts'
import { now, sleep } from '../../io/clock.ts'
import { type ListenAddress, type Page, plainPage, serveHttp } from '../../io/http/server.ts'
import { printable } from '../../render/base/printable.ts'
import { EXPOSITION_TYPE } from '../../render/lag/exposition.ts'
import { isMasterUp } from '../../render/lag/prometheus.ts'
import type { LagLook } from '../../render/lag/view.ts'
import type { Surveys } from '../../survey/source-survey.ts'
import type { RunContext } from '../context.ts'
import { isPassing, lookAt, RETRY_MS } from './looks.ts'
import type { LagPlan } from './plan.ts'
import { metricsText } from './prometheus.ts'

/** A measurement this old, or older than three intervals, is not served as the present. */
const STALE_MS = 10_000

/** @throws ReplError LISTEN, and any failure of the first connection that a retry would not cure */
export async function serveLag(
  address: ListenAddress,
  plan: LagPlan,
  open: () => Promise<Surveys>,
  { about, stderr, detail }: RunContext,
  signal: AbortSignal,
): Promise<void> {
  const note = (line: string) => void (detail.quiet || stderr.write(`${printable(line)}\n`))
  const exporter = new Exporter(plan, about.target ?? '', note)
  const server = await serveHttp(address, (path) => exporter.pageAt(path))
  try {
    note(`serving ${server.url}/metrics and /healthz`)
    await exporter.run(open, signal)
  } finally {
    server.close()
  }
}

interface Measured {
  readonly look: LagLook
  readonly at: number
  readonly durationMs: number
}

class Exporter {
  readonly #plan: LagPlan
  readonly #target: string
  readonly #note: (line: string) => void
  #last: Measured | undefined
  /** Why there is no measurement. */
  #failure: ReplError | undefined
  /** As last noted; a run begins without a note. */
  #wasUp = true

  constructor(plan: LagPlan, target: string, note: (line: string) => void) {
    this.#plan = plan
    this.#target = target
    this.#note = note
  }

  pageAt(path: string): Page | undefined {
    const measured = this.#current()
    if (path === '/metrics') {
      const body = metricsText(measured?.look, this.#plan, this.#target, measured?.durationMs ?? 0)
      return { status: 200, type: EXPOSITION_TYPE, body }
    }
    if (path !== '/healthz') return undefined
    const problem = this.#problem()
    return problem === undefined ? plainPage(200, 'ok') : plainPage(503, printable(problem))
  }

  /** Measures until the signal aborts. */
  async run(open: () => Promise<Surveys>, signal: AbortSignal): Promise<void> {
    let wasOpen = false
    while (!signal.aborted) {
      try {
        const surveys = await open()
        wasOpen = true
        await this.#measure(surveys, signal).finally(() => surveys.close())
      } catch (error) {
        const failure = expectReplError(error)
        if (signal.aborted) return
        if (!wasOpen && !isPassing(failure)) throw failure
        this.#last = undefined
        this.#failure = failure
        this.#noteChange()
      }
      await sleep(RETRY_MS, signal).catch(ignoreFailure)
    }
  }

  /** @throws ReplError when these surveys cannot continue */
  async #measure(surveys: Surveys, signal: AbortSignal): Promise<never> {
    for (;;) {
      const startedAt = now()
      const look = await lookAt(surveys, this.#plan)
      const at = now()
      this.#last = { look, at, durationMs: at - startedAt }
      this.#noteChange()
      await sleep(this.#plan.intervalMs, signal)
    }
  }

  #current(): Measured | undefined {
    const limitMs = Math.max(STALE_MS, 3 * this.#plan.intervalMs)
    return this.#last && now() - this.#last.at <= limitMs ? this.#last : undefined
  }

  /** Undefined while every master answers. */
  #problem(): string | undefined {
    const measured = this.#current()
    if (!measured) return this.#failure ? explain(this.#failure).what : 'No current measurement.'
    const lost = measured.look.views.find(({ report }) => !isMasterUp(report))
    return lost && (describeMasterLoss(lost.report.master) ?? `${lost.report.master.name} has not answered yet.`)
  }

  #noteChange(): void {
    const problem = this.#problem()
    if (this.#wasUp === (problem === undefined)) return
    this.#wasUp = problem === undefined
    this.#note(problem ?? `${this.#target} answers again.`)
  }
}
