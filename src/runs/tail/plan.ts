/** What the user asks of `tail`. */
import type { FollowOptions } from '../../engine/follow/link-plan.ts'
import type { Start } from '../../engine/follow/start.ts'
import type { Compression } from '../../io/sinks/compress.ts'

/** The values of --format. */
export const FORMATS = ['text', 'json', 'csv', 'resp'] as const

export type FormatName = (typeof FORMATS)[number] | 'template'

/** Which commands are shown, and how. */
export interface ViewPlan {
  readonly format: FormatName
  readonly template: string | undefined
  readonly hasTime: boolean
  /** Show printable characters beyond ASCII as they are; undefined: as the terminal can. */
  readonly utf8: boolean | undefined
  /** How many bytes of an argument are shown. */
  readonly maxArg: number
  /** Show each command as it arrives, instead of whole transactions. */
  readonly isFlat: boolean
  /** Show PING, SELECT, REPLCONF and the hello of Sentinels too. */
  readonly showsAll: boolean
  /** Show statistics of the stream instead of its commands. */
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

/** Where to keep the RDB of a full resync: a file, or a folder for a cluster. */
export interface RdbPlan {
  readonly path: string
  readonly force: boolean
  /** As the name of the file says. */
  readonly compression?: Compression
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

/** The database of the target's path, unless --db names others. */
export function inDatabase(plan: TailPlan, db: number | undefined): TailPlan {
  const { view } = plan
  if (db === undefined || view.filter.db.length > 0) return plan
  return { ...plan, view: { ...view, filter: { ...view.filter, db: [db] } } }
}

/** Whether the output is NDJSON with records besides the commands. */
export function hasRecords({ isStats, format }: ViewPlan): boolean {
  return !isStats && format === 'json'
}

/** Whether a line that a killed run left incomplete needs a newline before new output. */
export function isLineBased({ isStats, format }: ViewPlan): boolean {
  return !isStats && format !== 'resp'
}
