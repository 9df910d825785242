/** What `tail` is asked for. */
import type { FollowOptions } from '../../engine/follow/errand.ts'
import type { Start } from '../../engine/follow/start.ts'

/** The values of --format. */
export const FORMATS = ['text', 'json', 'csv', 'resp'] as const

export type FormatName = (typeof FORMATS)[number] | 'template'

/** How commands are shown, and which. */
export interface ViewPlan {
  readonly format: FormatName
  readonly template: string | undefined
  readonly hasTime: boolean
  /** Bytes of an argument that are shown. */
  readonly maxArg: number
  /** Each command as it comes, transaction or not. */
  readonly isFlat: boolean
  /** Also what concerns the link alone. */
  readonly showsAll: boolean
  /** What the stream consists of, instead of its commands. */
  readonly isStats: boolean
  readonly filter: {
    readonly db: readonly number[]
    readonly command: readonly string[]
    readonly exclude: readonly string[]
    readonly match: readonly string[]
    readonly grep?: string
  }
  readonly count: number | undefined
}

/** Where the RDB of a full resync is kept; a folder with a cluster. */
export interface RdbPlan {
  readonly path: string
  readonly force: boolean
}

export interface TailPlan {
  readonly isCluster: boolean
  readonly first: Start
  readonly statePath: string | undefined
  readonly rdb: RdbPlan | undefined
  readonly follow: Pick<FollowOptions, 'ack' | 'onGap' | 'onFull' | 'spoolBytes' | 'retry' | 'allowFork' | 'maxRate'>
  readonly spoolFolder: string
  readonly view: ViewPlan
  readonly durationMs: number | undefined
  readonly untilOffset: number | undefined
}

/** Whether what an earlier run was killed in has to be ended before anything new is written. */
export function isLineBased({ isStats, format }: ViewPlan): boolean {
  return !isStats && format !== 'resp'
}
