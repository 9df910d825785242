import { ReplCommand } from '../cli/base-command.ts'
import { targetArg } from '../cli/flags.ts'
import { dumpFlags, dumpPlan } from '../runs/dump-rdb/flags.ts'
import { runDump } from '../runs/dump-rdb/run.ts'

export default class DumpRdb extends ReplCommand<typeof DumpRdb> {
  static override summary = 'Take a verified RDB snapshot by a full resync'
  static override description =
    'Writes exactly the bytes of the RDB. A file gets its name only when it is complete, verified and on disk. The master forks once; nothing is retried.'
  static override examples = [
    { description: 'To a file', command: 'redis-repl dump-rdb db1.example -o /backup/snapshot.rdb' },
    { description: 'Into a pipe', command: 'redis-repl dump-rdb db1.example | zstd > snapshot.rdb.zst' },
    {
      description: 'A whole cluster, from its replicas, into a folder',
      command: 'redis-repl dump-rdb node1.example --cluster --prefer replica -o /backup/monday',
    },
  ]
  static override args = { target: targetArg }
  static override flags = dumpFlags

  async run(): Promise<void> {
    const connection = await this.connect()
    await runDump(dumpPlan(this.flags, process.stdout), connection, this.context(), this.jsonStream())
  }

  /** stdout carries the RDB unless the user names a file. */
  protected override jsonStream(): NodeJS.WriteStream {
    const hasFile = this.flags?.output !== undefined && this.flags.output !== '-'
    return hasFile ? process.stdout : process.stderr
  }
}
