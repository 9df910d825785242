/** What the user asks of `dump-rdb`. */
import type { Compression } from '../../io/sinks/compress.ts'

export interface SinkOptions {
  readonly compression: Compression | undefined
  readonly level: number | undefined
  readonly sha256: boolean
}

interface Common {
  readonly force: boolean
  readonly through: SinkOptions
  /** Bytes per second, for all shards together. */
  readonly maxRate?: number
}

export type OneDump = Common & {
  readonly kind: 'one'
  /** Undefined means stdout. */
  readonly path: string | undefined
  /** The name of the file chooses the compression, not a flag. */
  readonly isCompressedByName: boolean
  /** The user means one node of a cluster, not the whole cluster. */
  readonly isOneShard: boolean
}

export type ClusterDump = Common & {
  readonly kind: 'cluster'
  /** The folder to write. */
  readonly path: string
  readonly jobs: number
}

export type DumpPlan = OneDump | ClusterDump
