/** `lag`: how far each replica lags, in one tree or in every tree of a cluster. */
import type { ErrorCode } from '../../errors.ts'
import { ClusterSurvey } from '../../survey/cluster-survey.ts'
import { SourceSurvey, type SurveySettings, type Surveys } from '../../survey/source-survey.ts'
import { Cluster } from '../../topology/cluster.ts'
import { accessTo } from '../../topology/target.ts'
import type { Connection } from '../connection.ts'
import type { RunContext } from '../context.ts'
import { traceOn } from '../trace.ts'
import { codeOf, type LagOutcome, lookAtTrees } from './looks.ts'
import { lagOutput } from './output.ts'
import type { LagPlan } from './plan.ts'

/**
 * @param setStatus called with the exit status of a monitoring plugin
 * @returns a failure that the output already contains. @throws ReplError
 */
export async function runLag(
  plan: LagPlan,
  connection: Connection,
  context: RunContext,
  setStatus: (status: number) => void,
): Promise<ErrorCode | undefined> {
  const signal = AbortSignal.any([context.stop, context.outputEnded])
  const settings = await settingsOf(plan, connection, context)
  const open = () => openSurvey(plan, connection, settings, signal)
  if (plan.listen) {
    const { serveLag } = await import('./serve.ts')
    await serveLag(plan.listen, plan, open, context, signal)
    return undefined
  }
  context.waiting.for({ text: `waiting for ${connection.source.name} to answer`, limitMs: connection.template.limits.stepMs })
  const output = await lagOutput(plan, context, setStatus)
  try {
    return conclude(await lookAtTrees(plan, open, output, signal), plan)
  } catch (error) {
    if (plan.format === 'prometheus' && !signal.aborted) await printUnmeasured(plan, context)
    throw error
  } finally {
    output.end()
  }
}

async function printUnmeasured(plan: LagPlan, { about, stdout }: RunContext): Promise<void> {
  const { metricsText } = await import('./prometheus.ts')
  stdout.write(metricsText(undefined, plan, about.target ?? '', about.elapsedMs()))
}

async function settingsOf(
  plan: LagPlan,
  { template, addresses, linkOptions }: Connection,
  { screen, stderr, detail }: RunContext,
): Promise<SurveySettings> {
  const { resolutionMs, isAttached, marker } = plan
  const named = plan.replicas.map((target) => addresses.named(accessTo(target, template)))
  return {
    entry: linkOptions,
    replicas: () => named,
    addresses,
    resolutionMs,
    isAttached,
    report: await traceOn(stderr, screen, detail.verbosity),
    ...(marker && { marker }),
  }
}

/** @throws ReplError of the source, or when no node of the cluster can be asked */
async function openSurvey(
  plan: LagPlan,
  { source, addresses }: Connection,
  settings: SurveySettings,
  signal: AbortSignal,
): Promise<Surveys> {
  if (!plan.isCluster) return await SourceSurvey.open(source, settings, signal)
  const { access } = await source.find(signal)
  source.close?.()
  return await ClusterSurvey.open(new Cluster(access, addresses, signal), settings, signal)
}

/** @throws ReplError when the measurement failed and the text output does not say so */
function conclude(outcome: LagOutcome, { format }: LagPlan): ErrorCode | undefined {
  if (format === 'nagios') return undefined
  if (outcome.lost && format === 'text') throw outcome.lost
  return codeOf(outcome)
}
