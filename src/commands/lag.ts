import { ReplCommand } from '../cli/base-command.ts'
import { targetArg } from '../cli/flags.ts'
import { lagFlags, lagPlan } from '../runs/lag/flags.ts'
import { nagiosOf } from '../runs/lag/nagios.ts'
import { runLag } from '../runs/lag/run.ts'

export default class Lag extends ReplCommand<typeof Lag> {
  static override summary = 'How far is each replica behind, is it getting worse, and what if its link broke now?'
  static override description =
    'Finds the whole tree from any of its servers and measures each replica against the master: by the offsets that INFO shows over time (nothing is attached), by the streams of both ends (--attach), or end to end by markers (--marker). Each figure comes with its error bound, and what cannot be known is said so.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> db1.example',
    '<%= config.bin %> <%= command.id %> db1.example --watch --attach',
    '<%= config.bin %> <%= command.id %> db1.example --min-replicas 2 --max-seconds 1 --wait 60s',
    '<%= config.bin %> <%= command.id %> db1.example --format nagios --warning 1 --critical 10',
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
