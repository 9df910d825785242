/** One look of `lag`, whatever the format that shows it. */

import type { LagAdvice } from '../../diagnosis/lag/advice.ts'
import type { Checked } from '../../diagnosis/lag/check.ts'
import type { LagReport } from '../../diagnosis/lag/lag.ts'
import type { SlotRange } from '../../protocol/cluster/cluster-map.ts'

/** One tree. */
export interface LagView {
  readonly report: LagReport
  readonly advice: readonly LagAdvice[]
  readonly markerCost: { readonly sent: number; readonly bytes: number } | undefined
  /** Of a cluster. */
  readonly shard?: { readonly node: string; readonly slots: readonly SlotRange[] }
}

export interface LagLook {
  /** One, or those of all shards. */
  readonly views: readonly LagView[]
  readonly checked: Checked | undefined
}
