/** What the events of a run say about its PSYNC, for whoever explains it. */
import type { PsyncFacts } from '../diagnosis/psync/answer.ts'
import type { ReplEvent } from './events.ts'

export function gatherFacts(facts: PsyncFacts, event: ReplEvent): PsyncFacts {
  switch (event.type) {
    case 'server': {
      const { identity, settings, uptimeSeconds, guard } = event
      return {
        ...facts,
        ...(guard && { guard }),
        ...(identity && { identity }),
        ...(settings && { settings }),
        ...(uptimeSeconds !== undefined && { uptimeSeconds }),
      }
    }
    case 'forecast': {
      const { position, history, forecast, decided } = event
      return { ...facts, position, history, forecast, ...(decided && { decided }) }
    }
    case 'verdict':
      return { ...facts, verdict: event.verdict, ...(event.stopped && { stopped: event.stopped }) }
    case 'write-rate':
      return { ...facts, rate: { bytes: event.bytes, overMs: event.overMs } }
    default:
      return facts
  }
}
