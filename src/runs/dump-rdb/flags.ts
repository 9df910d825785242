/** The flags of `dump-rdb`, and the plan that they make. */
import { Flags } from '@oclif/core'
import { ReplError, usageError } from '../../errors.ts'
import { type Compression, compressor, SUFFIXES } from '../../io/sinks/compress.ts'
import { compressionNamed } from '../compressed-name.ts'
import { clusterFlags, DISCOVERY, maxRateFlag } from '../flags.ts'
import { JOBS } from '../shards.ts'
import { parseRate } from '../size.ts'
import type { DumpPlan, SinkOptions } from './plan.ts'

export const dumpFlags = {
  ...clusterFlags,
  shard: Flags.boolean({
    helpGroup: DISCOVERY,
    description: 'the server is a node of a cluster, and the snapshot of its shard alone is wanted',
    exclusive: ['cluster'],
  }),
  output: Flags.string({
    char: 'o',
    description: 'file to write, compressed if its name ends in .gz or .zst; - is stdout; with --cluster a folder',
    default: '-',
    noCacheDefault: true,
  }),
  force: Flags.boolean({ description: 'replace an existing file, once the new one is whole' }),
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
  'max-rate': maxRateFlag,
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
  readonly 'max-rate': string | undefined
}

/** Contacts no server. @throws ReplError USAGE; NOT_SUPPORTED when this Node version lacks zstd */
export function dumpPlan(flags: DumpFlags, stdout: { readonly isTTY?: boolean }): DumpPlan {
  const { cluster, shard, jobs = JOBS, output, force } = flags
  if (output === '') throw usageError('The name of the output file is empty')
  const path = output === '-' ? undefined : output
  const common = { force, ...parseRate(flags['max-rate']) }
  if (cluster) {
    if (path === undefined) throw usageError('--cluster makes a file of each shard: name a folder with -o')
    return { kind: 'cluster', path, jobs, through: sinkOptions(flags), ...common }
  }
  if (path === undefined && stdout.isTTY) throw new ReplError('TERMINAL')
  const named = path === undefined ? undefined : compressionNamed(path, '-o')
  const isCompressedByName = named !== undefined && !flags.gzip && !flags.zstd
  return { kind: 'one', path, isCompressedByName, isOneShard: shard, through: sinkOptions(flags, named), ...common }
}

/** @param named the compression that the name of the file promises. @throws ReplError USAGE; NOT_SUPPORTED without zstd */
export function sinkOptions(
  { gzip, zstd, level, sha256 }: Pick<DumpFlags, 'gzip' | 'zstd' | 'level' | 'sha256'>,
  named?: Compression,
): SinkOptions {
  const flag = gzip ? 'gzip' : zstd ? 'zstd' : undefined
  if (flag && named && flag !== named) throw usageError(`--${flag} does not go with a file name that ends in ${SUFFIXES[named]}`)
  const compression = flag ?? named
  if (compression) compressor(compression, level).destroy()
  else if (level !== undefined) throw usageError('--level goes with --gzip or --zstd')
  return { compression, level, sha256 }
}
