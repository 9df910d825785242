/** One attachment from its first event to its last, each folded into a visit and shown. */
import type { Source } from '../engine/ask/source.ts'
import type { ReplEvent } from '../engine/events.ts'
import { type Errand, replicate } from '../engine/replicate.ts'
import type { Visit } from '../engine/visit.ts'

/** @param visit empty; a failure leaves in it what was seen before */
export async function observe(
  source: Source,
  errand: Errand,
  visit: Visit,
  show: (event: ReplEvent) => void,
  signal: AbortSignal,
): Promise<Visit> {
  for await (const batch of replicate(source, errand, signal)) {
    for (const event of batch) {
      visit.add(event)
      show(event)
    }
  }
  return visit
}
