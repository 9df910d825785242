/** How the looks of `lag` come out, by format and by what stdout is. */
import { now } from '../../io/clock.ts'
import type { LagLook } from '../../render/lag/view.ts'
import type { LagFlags, LagPlan } from './flags.ts'
import type { LagOutput } from './run.ts'

export interface EndableOutput extends LagOutput {
  end(): void
}

export async function lagOutput(
  plan: LagPlan,
  flags: Pick<LagFlags, 'quiet'>,
  printJson: (object: object) => void,
): Promise<EndableOutput> {
  const { progressOn } = await import('../../render/base/progress.ts')
  const progress = await progressOn(process.stderr, flags.quiet || plan.format !== 'text' || !process.stderr.isTTY, now)
  const show =
    plan.watch && plan.format === 'text'
      ? await watched(flags.quiet)
      : { ...(await shown(plan, flags.quiet, printJson)), conclude: () => {} }
  return {
    show: (look) => {
      progress.end()
      show.show(look)
    },
    waiting: (phase, reason) => progress.update(phase, reason),
    conclude: show.conclude,
    end: () => progress.end(),
  }
}

async function shown({ format, ranges }: LagPlan, quiet: boolean, printJson: (object: object) => void): Promise<Pick<LagOutput, 'show'>> {
  switch (format) {
    case 'json': {
      const { lagJson } = await import('../../render/lag/json.ts')
      return { show: (look) => printJson(lagJson(look)) }
    }
    case 'prometheus': {
      const { prometheusText } = await import('../../render/lag/prometheus.ts')
      return { show: ({ views, checked }) => void process.stdout.write(prometheusText(reportsOf(views), checked)) }
    }
    case 'nagios': {
      const { nagiosLine } = await import('../../render/lag/nagios.ts')
      return {
        show: ({ views, checked }) => {
          const { line, status } = nagiosLine(reportsOf(views), ranges, checked)
          process.exitCode = status
          process.stdout.write(line)
        },
      }
    }
    case 'text': {
      const { lagText } = await import('../../render/lag/text.ts')
      return { show: (look: LagLook) => void process.stdout.write(lagText(look, process.stdout, quiet)) }
    }
  }
}

function reportsOf(views: LagLook['views']) {
  return views.map(({ report }) => report)
}

async function watched(quiet: boolean): Promise<Pick<LagOutput, 'show' | 'conclude'>> {
  const { LagWatch } = await import('../../render/lag/watch.ts')
  return new LagWatch(process.stdout, quiet)
}
