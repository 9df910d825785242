/** What is done with a payload on its way to its place. */
import { CompressingSink, compressor } from '../../io/sinks/compress.ts'
import { HashingSink } from '../../io/sinks/hash.ts'
import type { RdbSink } from '../../io/sinks/rdb-sink.ts'
import type { SinkOptions } from './plan.ts'

/** What a name ends with. */
export function suffixOf({ compression }: SinkOptions): string {
  return compression ? { gzip: '.gz', zstd: '.zst' }[compression] : ''
}

/** Compressed first, then summed: the sum is that of the file. */
export function throughSinks(sink: RdbSink, { compression, level, sha256 }: SinkOptions): RdbSink {
  const summed = sha256 ? new HashingSink(sink) : sink
  return compression ? new CompressingSink(summed, compression, compressor(compression, level)) : summed
}
