/** From the flags of dump-rdb to where its bytes go, and what is done with them on the way. */
import { Flags } from '@oclif/core'
import { usageError } from '../../errors.ts'
import { CompressingSink, type Compression, compressor } from '../../io/sinks/compress.ts'
import { HashingSink } from '../../io/sinks/hash.ts'
import type { RdbSink } from '../../io/sinks/rdb-file.ts'

export const sinkFlags = {
  gzip: Flags.boolean({ description: 'compress it, on another thread', exclusive: ['zstd'] }),
  zstd: Flags.boolean({ description: 'the same by zstd, with Node 22.15 or later' }),
  level: Flags.integer({
    min: 1,
    max: 22,
    helpValue: 'N',
    description: 'how hard --gzip (1 to 9) or --zstd (1 to 22) tries',
  }),
  sha256: Flags.boolean({
    description: 'tell the SHA-256 of the file, taken on another thread; with --cluster it is in the manifest anyway',
  }),
}

export interface SinkOptions {
  readonly compression: Compression | undefined
  readonly level: number | undefined
  readonly sha256: boolean
}

interface SinkFlags {
  readonly gzip: boolean
  readonly zstd: boolean
  readonly level: number | undefined
  readonly sha256: boolean
}

/** Contacts nobody. @throws ReplError USAGE, NOT_SUPPORTED where this Node cannot do it */
export function sinkOptions({ gzip, zstd, level, sha256 }: SinkFlags): SinkOptions {
  const compression = gzip ? 'gzip' : zstd ? 'zstd' : undefined
  if (compression) compressor(compression, level).destroy()
  else if (level !== undefined) throw usageError('--level goes with --gzip or --zstd')
  return { compression, level, sha256 }
}

/** What a name ends with. */
export function suffixOf({ compression }: SinkOptions): string {
  return compression ? { gzip: '.gz', zstd: '.zst' }[compression] : ''
}

/** Compressed first, then summed: the sum is that of the file. */
export function throughSinks(sink: RdbSink, { compression, level, sha256 }: SinkOptions): RdbSink {
  const summed = sha256 ? new HashingSink(sink) : sink
  return compression ? new CompressingSink(summed, compression, compressor(compression, level)) : summed
}
