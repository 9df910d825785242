import { Flags } from '@oclif/core'
import { ReplCommand } from '../cli/base-command.ts'
import type { Connection } from '../cli/connection.ts'
import { clusterFlags, maxRateFlag, targetArg } from '../cli/flags.ts'
import { replicateInto } from '../engine/store.ts'
import { ReplError, usageError } from '../errors.ts'
import { now } from '../io/clock.ts'
import { RdbFile, StdoutSink } from '../io/sinks/rdb-file.ts'
import { dumpCluster } from '../runs/dump-rdb/cluster.ts'
import { type SinkOptions, sinkFlags, sinkOptions, throughSinks } from '../runs/dump-rdb/flags.ts'
import { JOBS } from '../runs/shards.ts'
import { parseRate } from '../runs/size.ts'
import { traceOn } from '../runs/trace.ts'

export default class DumpRdb extends ReplCommand<typeof DumpRdb> {
  static override summary = 'Take a verified RDB snapshot by full resync'
  static override description =
    'Writes exactly the bytes of the RDB, to stdout or to a file that gets its name only when it is whole, verified and on disk. The master forks for it once; nothing is ever retried.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> db1.example:6379 > snapshot.rdb',
    '<%= config.bin %> <%= command.id %> -o /backup/snapshot.rdb --json db1.example',
    '<%= config.bin %> <%= command.id %> --cluster --prefer replica -o /backup/monday node1.example',
  ]
  static override args = { target: targetArg }
  static override flags = {
    ...clusterFlags,
    output: Flags.string({
      char: 'o',
      description: 'file to write; - is stdout; with --cluster a folder',
      default: '-',
      noCacheDefault: true,
    }),
    force: Flags.boolean({ description: 'replace an existing file, once the new one is whole' }),
    ...sinkFlags,
    'max-rate': maxRateFlag,
  }

  async run(): Promise<void> {
    const { flags } = this
    const connection = await this.connect()
    if (flags.output === '') throw usageError('The name of the output file is empty')
    const path = flags.output === '-' ? undefined : flags.output
    const through = sinkOptions(flags)
    if (flags.cluster) return await this.#cluster(connection, path, through)
    if (path === undefined && process.stdout.isTTY) throw new ReplError('TERMINAL')
    const sink = throughSinks(path === undefined ? new StdoutSink(this.signal) : await RdbFile.create(path, flags.force), through)
    const text = flags.json ? undefined : await this.#text()
    try {
      const manners = { ...connection.manners, goal: 'payload', ...parseRate(flags['max-rate']) } as const
      for await (const batch of replicateInto({ sink, ...(path !== undefined && { path }) }, connection.source, manners, this.signal)) {
        for (const event of batch) {
          this.report.add(event)
          text?.show(event)
        }
      }
    } finally {
      text?.end()
    }
    if (flags.json) this.printJson(this.report.dumpRdb(), this.jsonStream())
  }

  async #cluster(connection: Connection, path: string | undefined, through: SinkOptions): Promise<void> {
    const { flags } = this
    if (path === undefined) throw usageError('--cluster makes a file of each shard: name a folder with -o')
    const { progressOn } = await import('../render/base/progress.ts')
    const progress = flags.json ? undefined : await progressOn(process.stderr, flags.quiet, now)
    const { force, jobs = JOBS } = flags
    const tell = await traceOn(this.verbosity)
    const dump = { connection, path, force, jobs, through, ...parseRate(flags['max-rate']), progress, tell }
    const manifest = await dumpCluster(dump, this.signal)
    if (flags.json) this.printJson(manifest)
  }

  /** stdout belongs to the RDB unless a file was named. */
  protected override jsonStream(): NodeJS.WriteStream {
    const hasFile = this.flags?.output !== undefined && this.flags.output !== '-'
    return hasFile ? process.stdout : process.stderr
  }

  async #text() {
    const { flags } = this
    const [{ DumpText }, { progressOn }] = await Promise.all([import('../render/dump-rdb/text.ts'), import('../render/base/progress.ts')])
    const detail = { quiet: flags.quiet, verbosity: this.verbosity }
    return new DumpText(await progressOn(process.stderr, flags.quiet, now), detail, process.stderr)
  }
}
