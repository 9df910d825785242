import { ReplCommand } from '../cli/base-command.ts'
import { outputFlags, reachingFlags, targetArg } from '../cli/flags.ts'
import { forkCommand, resumeCommand } from '../cli/resume-command.ts'
import { tailFlags, tailPlan } from '../runs/tail/flags.ts'
import { inDatabase } from '../runs/tail/plan.ts'
import { runTail } from '../runs/tail/run.ts'

export default class Tail extends ReplCommand<typeof Tail> {
  static override summary = 'Follow every replicated command, with its exact offset'
  static override description =
    'Attaches as a replica at the live end without a fork and shows what the master replicates. A link that breaks is taken up again at the very byte; what cannot be continued is an error or a record, never silence. Ctrl-C ends it with a summary and the command to go on with.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> db1.example --match "user:*" --exclude expire',
    '<%= config.bin %> <%= command.id %> db1.example --state /var/lib/tail.json --format json >> commands.ndjson',
    '<%= config.bin %> <%= command.id %> db1.example --from snapshot --rdb base.rdb --format resp > stream.resp',
    '<%= config.bin %> <%= command.id %> db1.example --stats --duration 60',
  ]
  static override args = { target: targetArg }
  static override flags = tailFlags

  async run(): Promise<void> {
    const asked = tailPlan(this.flags, this.written)
    const connection = await this.connect()
    const plan = inDatabase(asked, connection.db)
    const definitions = { ...reachingFlags, ...tailFlags, json: outputFlags.json }
    const server = this.namedAgain(connection.source.name)
    const flags = { ...this.flags, db: plan.view.filter.db }
    await runTail(plan, connection, this.context(), {
      toResume: (after) => resumeCommand(server, after, flags, definitions),
      toPermitFork: forkCommand(server, flags, definitions),
    })
  }
}
