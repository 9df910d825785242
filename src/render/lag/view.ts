/** The result of one `lag` poll, for every format. */

import type { LagAdvice } from '../../diagnosis/lag/advice.ts'
import type { Checked } from '../../diagnosis/lag/check.ts'
import type { LagReport } from '../../diagnosis/lag/lag.ts'
import type { SlotRange } from '../../protocol/cluster/cluster-map.ts'

/** One replication tree. */
export interface LagView {
  readonly report: LagReport
  readonly advice: readonly LagAdvice[]
  readonly markerCost: { readonly sent: number; readonly bytes: number } | undefined
  /** Present with --cluster. */
  readonly shard?: { readonly node: string; readonly slots: readonly SlotRange[] }
}

export interface LagLook {
  /** One view, or with --cluster one per shard. */
  readonly views: readonly LagView[]
  readonly checked: Checked | undefined
}
