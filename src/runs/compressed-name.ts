/** The compression that the name of a file promises: a file named x.rdb.gz holds gzip, or readers of it fail later. */
import { usageError } from '../errors.ts'
import { type Compression, SUFFIXES } from '../io/sinks/compress.ts'

/** Usual suffixes of compressions that we do not have. */
const OTHERS = /\.(xz|bz2|lz4|lzma|lzo|br|sz|z|zip|7z)$/i

/** @param flag names the file on the command line. @throws ReplError USAGE for a compression that we do not have */
export function compressionNamed(path: string, flag: string): Compression | undefined {
  const other = OTHERS.exec(path)?.[0]
  if (other !== undefined) {
    throw usageError(`${flag} ${path} names a compression that this tool does not have: end the name in .gz, .zst or .rdb`)
  }
  const [found] = Object.entries(SUFFIXES).find(([, suffix]) => path.toLowerCase().endsWith(suffix)) ?? []
  return found as Compression | undefined
}
