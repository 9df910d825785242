import { ReplCommand } from '../cli/base-command.ts'
import { targetArg } from '../cli/flags.ts'
import { dumpFlags, dumpPlan } from '../runs/dump-rdb/flags.ts'
import { runDump } from '../runs/dump-rdb/run.ts'

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
