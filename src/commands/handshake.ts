import { Flags } from '@oclif/core'
import { ReplCommand } from '../cli/base-command.ts'
import { openConnection } from '../cli/connection.ts'
import { targetArg } from '../cli/flags.ts'
import { replicateFrom } from '../engine/source.ts'

export default class Handshake extends ReplCommand<typeof Handshake> {
  static override summary = 'Walk through the replica handshake step by step, without a fork'
  static override description =
    'Shows each exchange from connect to the reply to PSYNC: what was sent, what came back, what it means, how long it took. Asks for the live end of the stream, so that the master need not fork; where it would have to, it stops before PSYNC and says why. Exit status 0: a replica with these credentials could replicate from here.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> db1.example:6379',
    '<%= config.bin %> <%= command.id %> --json --user repl --pass-file /etc/redis-repl.pass db1.example',
  ]
  static override args = { target: targetArg }
  static override flags = {
    'no-psync': Flags.boolean({ description: 'stop behind REPLCONF', exclusive: ['allow-fork'] }),
    'allow-fork': Flags.boolean({
      description:
        'where only a full resync is possible, start one and leave before its RDB: the master forks, and a master without a backlog gets one and a new replid',
    }),
  }

  async run(): Promise<void> {
    const { flags } = this
    const { source, manners } = await openConnection(this.args.target, flags)
    const asked = {
      ...manners,
      goal: 'verdict' as const,
      stopBeforePsync: flags['no-psync'],
      allowFork: flags['allow-fork'],
    }
    const text = flags.json ? undefined : await this.#text()
    for await (const batch of replicateFrom(source, asked, this.signal)) {
      for (const event of batch) {
        this.report.add(event)
        text?.show(event)
      }
    }
    if (flags.json) this.printJson(this.report.handshake())
  }

  async #text() {
    const { HandshakeText } = await import('../render/human/handshake.ts')
    const detail = { quiet: this.flags.quiet, verbosity: this.verbosity }
    return new HandshakeText((text) => process.stdout.write(text), detail, process.stdout)
  }
}
