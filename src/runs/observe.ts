/** Runs one attachment to its end. Adds each event to a visit and shows it. The attachment waits meanwhile. */
import type { Source } from '../engine/ask/source.ts'
import type { ReplEvent } from '../engine/events.ts'
import { type LinkPlan, replicate } from '../engine/replicate.ts'
import type { Visit } from '../engine/visit.ts'
import { SILENT_WAITING, type Waiting } from './waiting.ts'

/** @param visit empty; after a failure it holds the events before the failure */
export async function observe(
  source: Source,
  plan: LinkPlan,
  visit: Visit,
  show: (event: ReplEvent) => void | Promise<void>,
  signal: AbortSignal,
  waiting: Waiting = SILENT_WAITING,
): Promise<Visit> {
  const { goal } = plan
  const sampleMs = 'sampleMs' in goal ? goal.sampleMs : 0
  for await (const batch of replicate(source, plan, signal)) {
    for (const event of batch) {
      visit.add(event)
      waiting.after(event, sampleMs)
      await show(event)
    }
  }
  waiting.over()
  return visit
}
