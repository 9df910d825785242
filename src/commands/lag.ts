import { ReplCommand } from '../cli/base-command.ts'
import { targetArg } from '../cli/flags.ts'
import { lagFlags, lagPlan } from '../runs/lag/flags.ts'
import { nagiosOf } from '../runs/lag/nagios.ts'
import { runLag } from '../runs/lag/run.ts'

export default class Lag extends ReplCommand<typeof Lag> {
  static override summary = 'How far behind is each replica, and what if its link broke now?'
  static override description =
    'Finds the whole replication tree from any of its servers and measures each replica against the master: by the offsets in INFO, by the streams of both ends (--attach), or by markers (--marker). Each figure has an error bound.'
  static override examples = [
    { description: 'Measure every replica once', command: 'redis-repl lag db1.example' },
    { description: 'Watch on a terminal, to the millisecond', command: 'redis-repl lag db1.example --watch --attach' },
    {
      description: 'In CI: wait until two replicas are within one second',
      command: 'redis-repl lag db1.example --min-replicas 2 --max-seconds 1s --wait 60s',
    },
    { description: 'As a Nagios plugin', command: 'redis-repl lag db1.example --format nagios --warning 1 --critical 10' },
  ]
  static override args = { target: targetArg }
  static override flags = lagFlags

  async run(): Promise<void> {
    const plan = lagPlan(this.flags)
    this.exitWith(await runLag(plan, await this.connect(), this.context(), (status) => this.exitStatus(status)))
  }

  override async catch(error: unknown): Promise<void> {
    // The failure may be one of parsing the flags, so search argv too.
    const isTyped = this.argv.some(
      (word, index) => word === '--format=nagios' || (word === 'nagios' && this.argv[index - 1] === '--format'),
    )
    const isNagios = isTyped || this.flags?.format === 'nagios'
    if (!isNagios) return await super.catch(error)
    const { text, status } = nagiosOf(this.failureOf(error))
    this.exitStatus(status)
    process.stdout.write(text)
  }
}
