import { ReplCommand } from '../cli/base-command.ts'
import { targetArg } from '../cli/flags.ts'
import { psyncFlags, psyncPlan } from '../runs/psync/flags.ts'
import { runPsync } from '../runs/psync/run.ts'

export default class Psync extends ReplCommand<typeof Psync> {
  static override summary = 'Would a replica get a partial resync, and if not, why?'
  static override description =
    'Asks for a position (by default the live end), and explains the answer: the condition that decided, what would have helped, and how long the position stays valid. A PSYNC that would be refused is sent only where it cannot make the server fork; otherwise the answer is predicted from INFO.'
  static override examples = [
    {
      description: 'Would db2 resync fully if its link to db1 broke now?',
      command: 'redis-repl psync db1.example --from-replica db2.example',
    },
    {
      description: 'In CI: fail unless this position still gets a partial resync',
      command: 'redis-repl psync db1.example --replid 8e3c… --offset 1042 --expect partial',
    },
    { description: 'Report each change', command: 'redis-repl psync db1.example --watch -i 10s' },
    { description: 'How long does a full resync take? (forks)', command: 'redis-repl psync db1.example --full --diskless' },
  ]
  static override args = { target: targetArg }
  static override flags = psyncFlags

  async run(): Promise<void> {
    const plan = psyncPlan(this.flags)
    this.exitWith(await runPsync(plan, await this.connect(), this.context(), (failure) => this.reportChange(failure)))
  }
}
