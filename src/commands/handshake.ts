import { ReplCommand } from '../cli/base-command.ts'
import { targetArg } from '../cli/flags.ts'
import { handshakeFlags } from '../runs/handshake/flags.ts'
import { runHandshake } from '../runs/handshake/run.ts'

export default class Handshake extends ReplCommand<typeof Handshake> {
  static override summary = 'Walk through the replica handshake step by step, without a fork'
  static override description =
    'Shows what was sent, the reply and the time of each step, up to the reply to PSYNC. It asks for the live end of the stream; if the server would have to fork, it stops before PSYNC. Exit status 0: a replica with this login could replicate from here.'
  static override examples = [
    { description: 'Can a replica attach to this server?', command: 'redis-repl handshake db1.example:6379' },
    {
      description: 'With a user of its own, as JSON',
      command: 'redis-repl handshake db1.example --user repl --pass-file /etc/repl.pass --json',
    },
    { description: 'Every master of a cluster', command: 'redis-repl handshake node1.example --cluster' },
  ]
  static override args = { target: targetArg }
  static override flags = handshakeFlags

  async run(): Promise<void> {
    const { cluster, jobs, 'allow-fork': allowFork, 'no-psync': stopBeforePsync } = this.flags
    const plan = { allowFork, stopBeforePsync, isCluster: cluster, jobs }
    this.exitWith(await runHandshake(plan, await this.connect(), this.context()))
  }
}
