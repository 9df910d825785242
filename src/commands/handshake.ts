import { ReplCommand } from '../cli/base-command.ts'
import { targetArg } from '../cli/flags.ts'
import { handshakeFlags } from '../runs/handshake/flags.ts'
import { runHandshake } from '../runs/handshake/run.ts'

export default class Handshake extends ReplCommand<typeof Handshake> {
  static override summary = 'Walk through the replica handshake step by step, without a fork'
  static override description =
    'Shows each exchange from connect to the reply to PSYNC: what was sent, what came back, what it means, how long it took. Asks for the live end of the stream, so that the master need not fork; where it would have to, it stops before PSYNC and says why. Exit status 0: a replica with these credentials could replicate from here.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> db1.example:6379',
    '<%= config.bin %> <%= command.id %> --cluster node1.example',
    '<%= config.bin %> <%= command.id %> --json --user repl --pass-file /etc/redis-repl.pass db1.example',
  ]
  static override args = { target: targetArg }
  static override flags = handshakeFlags

  async run(): Promise<void> {
    const { cluster, jobs, 'allow-fork': allowFork, 'no-psync': stopBeforePsync } = this.flags
    const plan = { allowFork, stopBeforePsync, isCluster: cluster, jobs }
    this.exitWith(await runHandshake(plan, await this.connect(), this.context()))
  }
}
