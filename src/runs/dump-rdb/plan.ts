/** What `dump-rdb` is asked for. */
import type { Compression } from '../../io/sinks/compress.ts'

export interface SinkOptions {
  readonly compression: Compression | undefined
  readonly level: number | undefined
  readonly sha256: boolean
}

interface Common {
  readonly force: boolean
  readonly through: SinkOptions
  /** Bytes a second, of all shards together. */
  readonly maxRate?: number
}

export type OneDump = Common & {
  readonly kind: 'one'
  /** Undefined is stdout. */
  readonly path: string | undefined
}

export type ClusterDump = Common & {
  readonly kind: 'cluster'
  /** A folder. */
  readonly path: string
  readonly jobs: number
}

export type DumpPlan = OneDump | ClusterDump
