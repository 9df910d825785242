/** Compression and hashing of a payload on its way to its sink. */
import { CompressingSink, compressor, SUFFIXES } from '../../io/sinks/compress.ts'
import { HashingSink } from '../../io/sinks/hash.ts'
import type { RdbSink } from '../../io/sinks/rdb-sink.ts'
import type { SinkOptions } from './plan.ts'

/** The suffix of the file name. */
export function suffixOf({ compression }: SinkOptions): string {
  return compression ? SUFFIXES[compression] : ''
}

/** Compresses first and then hashes, because the SHA-256 is that of the file. */
export function throughSinks(sink: RdbSink, { compression, level, sha256 }: SinkOptions): RdbSink {
  const hashing = sha256 ? new HashingSink(sink) : sink
  return compression ? new CompressingSink(hashing, compression, compressor(compression, level)) : hashing
}
