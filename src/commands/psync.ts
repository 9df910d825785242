import { ReplCommand } from '../cli/base-command.ts'
import { targetArg } from '../cli/flags.ts'
import { psyncFlags, psyncPlan } from '../runs/psync/flags.ts'
import { runPsync } from '../runs/psync/run.ts'

export default class Psync extends ReplCommand<typeof Psync> {
  static override summary = 'Would a replica get a partial resync, and if not, why?'
  static override description =
    'Asks for a position (by default the live end), compares the server’s answer with what its INFO promised, and names the condition that decided, what would have helped, and how long the position stays good. A PSYNC that will be refused is sent only where a guard keeps it from forking the server; otherwise the answer is taken from INFO. --full goes through a full resync on purpose and tells what it takes.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> db1.example --from-replica db2.example:6379',
    '<%= config.bin %> <%= command.id %> db1.example --replid 8e3c… --offset 1042 --expect continue',
    '<%= config.bin %> <%= command.id %> db1.example --full --diskless',
  ]
  static override args = { target: targetArg }
  static override flags = psyncFlags

  async run(): Promise<void> {
    const plan = psyncPlan(this.flags)
    this.exitWith(await runPsync(plan, await this.connect(), this.context(), (failure) => this.reportChange(failure)))
  }
}
