/** The metrics of one measurement, or of none. */
import { hasCriteria } from '../../diagnosis/lag/check.ts'
import { prometheusText } from '../../render/lag/prometheus.ts'
import type { LagLook } from '../../render/lag/view.ts'
import type { LagPlan } from './plan.ts'

/** @param look undefined if nothing was measured: redis_repl_up is 0 then, so that no collector keeps the values of an earlier run */
export function metricsText(look: LagLook | undefined, { criteria }: LagPlan, target: string, durationMs: number): string {
  const nothing: LagLook = { views: [], checked: hasCriteria(criteria) ? { isOk: false, reason: 'nothing was measured' } : undefined }
  return prometheusText({ ...(look ?? nothing), target, durationMs })
}
