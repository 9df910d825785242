/** What the user asks of `psync`. */

/** The position to ask for, as the user names it. Without any of them it is the live end. */
export interface AskedPosition {
  readonly replid: string | undefined
  readonly offset: string | undefined
  readonly fromReplica: string | undefined
}

export interface Question {
  readonly asked: AskedPosition
  /** Predict from INFO and do not attach. */
  readonly isByInfoAlone: boolean
  readonly allowFork: boolean
  readonly expected: string | undefined
  readonly sampleMs: number
  /** Print the writes that the replica loses when it rejoins. */
  readonly listsLost: boolean
}

/** When a watch asks again, and when it ends. Without a limit, count or duration is infinite. */
export interface Watch {
  readonly everyMs: number
  readonly count: number
  readonly durationMs: number
}

export type PsyncPlan =
  | { readonly kind: 'once'; readonly question: Question }
  | { readonly kind: 'watch'; readonly question: Question; readonly watch: Watch }
  | { readonly kind: 'cluster'; readonly question: Question; readonly jobs: number | undefined }
  | { readonly kind: 'full'; readonly isDiskless: boolean }
