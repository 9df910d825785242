/** The flags of `dump-rdb`, and the plan that they make. */
import { Flags } from '@oclif/core'
import { ReplError, usageError } from '../../errors.ts'
import { type Compression, compressor, SUFFIXES } from '../../io/sinks/compress.ts'
import { compressionNamed } from '../compressed-name.ts'
import { CLUSTER, clusterFlags, JOBS, maxRateFlag } from '../flags.ts'
import type { DumpPlan, SinkOptions } from './plan.ts'

export const dumpFlags = {
  output: Flags.string({
    char: 'o',
    helpValue: 'FILE',
    summary: 'file to write; .gz or .zst compresses it (default: stdout)',
    description: 'file to write, or with --cluster a folder; .gz or .zst compresses it; - is stdout, the default',
    default: '-',
    noCacheDefault: true,
  }),
  force: Flags.boolean({ description: 'replace an existing file once the new one is complete' }),
  gzip: Flags.boolean({ description: 'compress with gzip, on another thread', exclusive: ['zstd'] }),
  zstd: Flags.boolean({ description: 'compress with zstd (Node.js 22.15 or later)' }),
  level: Flags.integer({ min: 1, max: 22, helpValue: 'N', description: 'compression level: gzip 1 to 9, zstd 1 to 22' }),
  sha256: Flags.boolean({ description: 'print the SHA-256 of the file' }),
  'max-rate': maxRateFlag,
  ...clusterFlags,
  shard: Flags.boolean({
    helpGroup: CLUSTER,
    description: 'dump only the shard of this node',
    exclusive: ['cluster'],
  }),
}

/** The values of dumpFlags, as oclif parses them. */
interface DumpFlags {
  readonly cluster: boolean
  readonly shard: boolean
  readonly jobs: number | undefined
  readonly output: string
  readonly force: boolean
  readonly gzip: boolean
  readonly zstd: boolean
  readonly level: number | undefined
  readonly sha256: boolean
  readonly 'max-rate': number | undefined
}

/** Contacts no server. @throws ReplError USAGE */
export function dumpPlan(flags: DumpFlags, stdout: { readonly isTTY?: boolean }): DumpPlan {
  const { cluster, shard, jobs = JOBS, output, force, 'max-rate': maxRate } = flags
  if (output === '') throw usageError('-o takes the name of a file, which is empty here')
  const path = output === '-' ? undefined : output
  const common = { force, ...(maxRate !== undefined && { maxRate }) }
  if (cluster) {
    if (path === undefined) throw usageError('--cluster writes one file for each shard; name a folder with -o')
    return { kind: 'cluster', path, jobs, through: sinkOptions(flags), ...common }
  }
  if (path === undefined && stdout.isTTY) throw new ReplError('TERMINAL')
  const named = path === undefined ? undefined : compressionNamed(path, '-o')
  const isCompressedByName = named !== undefined && !flags.gzip && !flags.zstd
  return { kind: 'one', path, isCompressedByName, isOneShard: shard, through: sinkOptions(flags, named), ...common }
}

/** @param named the compression that the name of the file promises. @throws ReplError USAGE */
export function sinkOptions(
  { gzip, zstd, level, sha256 }: Pick<DumpFlags, 'gzip' | 'zstd' | 'level' | 'sha256'>,
  named?: Compression,
): SinkOptions {
  const flag = gzip ? 'gzip' : zstd ? 'zstd' : undefined
  if (flag && named && flag !== named) throw usageError(`--${flag} contradicts a file name that ends in ${SUFFIXES[named]}`)
  const compression = flag ?? named
  if (compression) compressor(compression, level).destroy()
  else if (level !== undefined) throw usageError('--level needs --gzip or --zstd')
  return { compression, level, sha256 }
}
