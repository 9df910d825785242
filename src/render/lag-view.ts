/** One look of `lag`, whatever the format that shows it. */
import type { LagReport } from '../diagnosis/lag.ts'
import type { LagAdvice } from '../diagnosis/lag-advice.ts'
import type { Checked } from '../diagnosis/lag-check.ts'

export interface LagView {
  readonly report: LagReport
  readonly advice: readonly LagAdvice[]
  readonly checked: Checked | undefined
  readonly markerCost: { readonly sent: number; readonly bytes: number } | undefined
}
