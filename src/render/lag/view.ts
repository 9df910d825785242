/** The result of one `lag` poll, for every format. */

import type { Checked } from '../../diagnosis/lag/check.ts'
import type { LagReport } from '../../diagnosis/lag/lag.ts'
import type { LagAdvice } from '../../diagnosis/lag/setting-rules.ts'
import { type LagVerdict, lagVerdict } from '../../diagnosis/lag/verdict.ts'
import type { SlotRange } from '../../protocol/cluster/cluster-map.ts'

/** One replication tree. */
export interface LagView {
  readonly report: LagReport
  readonly advice: readonly LagAdvice[]
  readonly markerCost: { readonly sent: number; readonly bytes: number } | undefined
  /** Whether the limits of the command line hold in this tree; absent without limits. */
  readonly checked: Checked | undefined
  /** Present with --cluster. */
  readonly shard?: { readonly node: string; readonly slots: readonly SlotRange[] }
}

export interface LagLook {
  /** One view, or with --cluster one per shard. */
  readonly views: readonly LagView[]
  readonly checked: Checked | undefined
}

/** The verdict on one tree. */
export function shardVerdict({ report, checked }: LagView): LagVerdict {
  return lagVerdict([report], checked)
}
