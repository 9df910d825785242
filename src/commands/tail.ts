import { ReplCommand } from '../cli/base-command.ts'
import { outputFlags, reachingFlags, targetArg } from '../cli/flags.ts'
import { forkCommand, resumeCommand } from '../cli/resume-command.ts'
import { tailFlags } from '../runs/tail/flags.ts'
import { inDatabase } from '../runs/tail/plan.ts'
import { tailPlan } from '../runs/tail/plan-from-flags.ts'
import { runTail } from '../runs/tail/run.ts'

export default class Tail extends ReplCommand<typeof Tail> {
  static override summary = 'Follow every replicated command, with its exact offset'
  static override description =
    'Attaches as a replica at the live end, without a fork. It reconnects by itself and resumes at the next byte; if commands are lost, it says so. Ctrl-C prints a summary and the command that resumes.'
  static override examples = [
    { description: 'Which commands change these keys?', command: 'redis-repl tail db1.example --match "user:*" --exclude expire' },
    {
      description: 'Keep every command; a later run resumes',
      command: 'redis-repl tail db1.example --state tail.json --format json >> commands.ndjson',
    },
    { description: 'What does the stream consist of?', command: 'redis-repl tail db1.example --stats --duration 1m' },
  ]
  static override args = { target: targetArg }
  static override flags = tailFlags

  protected override get isReport(): boolean {
    return this.argv.includes('--stats')
  }

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
