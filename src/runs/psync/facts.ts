/** The facts about PSYNC that a visit has collected. */
import type { PsyncFacts } from '../../diagnosis/psync/answer.ts'
import type { Visit } from '../../engine/visit.ts'

/** @param name of the source; for one that chooses among several servers, their choice counts */
export function psyncFacts({ seen, choices }: Visit, name: string): PsyncFacts {
  const { server, forecast, verdict, 'write-rate': rate } = seen
  const { identity, settings, uptimeSeconds, guard } = server ?? {}
  return {
    server: choices.at(-1)?.endpoint ?? name,
    ...(guard && { guard }),
    ...(identity && { identity }),
    ...(settings && { settings }),
    ...(uptimeSeconds !== undefined && { uptimeSeconds }),
    ...(forecast && { position: forecast.position, history: forecast.history, forecast: forecast.forecast }),
    ...(forecast?.decided && { decided: forecast.decided }),
    ...(verdict && { verdict: verdict.verdict }),
    ...(verdict?.stopped && { stopped: verdict.stopped }),
    ...(rate && { rate: { bytes: rate.bytes, overMs: rate.overMs } }),
  }
}
