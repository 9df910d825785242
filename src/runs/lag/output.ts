/** Prints the measurements of `lag`, by format and by the kind of stdout. */
import { now } from '../../io/clock.ts'
import { jsonLine } from '../../render/base/json-line.ts'
import type { LagDetail } from '../../render/lag/text.ts'
import type { LagLook } from '../../render/lag/view.ts'
import type { RunContext } from '../context.ts'
import type { LagOutput } from './looks.ts'
import type { LagPlan } from './plan.ts'

export interface EndableOutput extends LagOutput {
  end(): void
}

/** @param setStatus called with the exit status of a monitoring plugin */
export async function lagOutput(plan: LagPlan, context: RunContext, setStatus: (status: number) => void): Promise<EndableOutput> {
  const {
    stderr,
    detail: { quiet },
    waiting,
  } = context
  const { progressOn } = await import('../../render/base/progress.ts')
  const progress = await progressOn(stderr, quiet || plan.format !== 'text' || !stderr.isTTY, now)
  const show =
    plan.watch && plan.format === 'text'
      ? await openWatch(plan, context)
      : { ...(await openReport(plan, context, setStatus)), conclude: () => {} }
  return {
    show: (look, code) => {
      waiting.over()
      progress.end()
      show.show(look, code)
    },
    waiting: (phase, reason) => {
      waiting.over()
      progress.update(phase, reason)
    },
    conclude: show.conclude,
    end: () => progress.end(),
  }
}

async function openReport(
  plan: LagPlan,
  { about, stdout, detail, print, screen: screenOf }: RunContext,
  setStatus: (status: number) => void,
): Promise<Pick<LagOutput, 'show'>> {
  const { format, ranges } = plan
  switch (format) {
    case 'json': {
      const { lagJson } = await import('../../render/lag/json.ts')
      return { show: (look, code) => void stdout.write(jsonLine(lagJson(about, look, code))) }
    }
    case 'prometheus': {
      const { metricsText } = await import('./prometheus.ts')
      return { show: (look) => void stdout.write(metricsText(look, plan, about.target ?? '', about.elapsedMs())) }
    }
    case 'nagios': {
      const { nagiosOutput } = await import('../../render/lag/nagios.ts')
      return {
        show: ({ views, checked }) => {
          const { text, status } = nagiosOutput(reportsOf(views), ranges, checked)
          setStatus(status)
          stdout.write(text)
        },
      }
    }
    case 'text': {
      const { lagText } = await import('../../render/lag/text.ts')
      const screen = await screenOf(stdout)
      return { show: (look: LagLook) => print(lagText(look, screen, lagDetail(plan, detail))) }
    }
  }
}

function reportsOf(views: LagLook['views']) {
  return views.map(({ report }) => report)
}

async function openWatch(plan: LagPlan, { stdout, detail, print, screen }: RunContext): Promise<Pick<LagOutput, 'show' | 'conclude'>> {
  const { LagWatch } = await import('../../render/lag/watch.ts')
  const count = plan.watch?.count ?? Number.POSITIVE_INFINITY
  return new LagWatch(await screen(stdout), { print, rows: () => stdout.rows, count, detail: lagDetail(plan, detail) })
}

function lagDetail({ isWide }: LagPlan, { quiet, verbosity }: RunContext['detail']): LagDetail {
  return { isWide, isQuiet: quiet, isVerbose: verbosity > 0 }
}
