import { Flags } from '@oclif/core'
import { ReplCommand } from '../cli/base-command.ts'
import type { Connection } from '../cli/connection.ts'
import { clusterFlags, targetArg } from '../cli/flags.ts'
import { describeVerdict } from '../diagnosis/psync/verdict.ts'
import type { ReplEvent } from '../engine/events.ts'
import { replicateFrom, type Source } from '../engine/source.ts'
import type { ShardRow } from '../render/cluster/shards.ts'
import { RunReport } from '../render/trace/report.ts'
import { lookAtShards } from '../runs/shards.ts'

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
  static override flags = {
    ...clusterFlags,
    'no-psync': Flags.boolean({ description: 'stop behind REPLCONF', exclusive: ['allow-fork'] }),
    'allow-fork': Flags.boolean({
      description:
        'where only a full resync is possible, start one and leave before its RDB: the master forks, and a master without a backlog gets one and a new replid',
    }),
  }

  async run(): Promise<void> {
    const { flags } = this
    const connection = await this.connect()
    if (flags.cluster) return await this.#cluster(connection)
    const text = flags.json ? undefined : await this.#text()
    await this.#shake(connection, connection.source, this.report, (event) => text?.show(event))
    if (flags.json) this.printJson(this.report.handshake())
  }

  async #shake({ manners }: Connection, source: Source, report: RunReport, show: (event: ReplEvent) => void): Promise<void> {
    const { 'no-psync': stopBeforePsync, 'allow-fork': allowFork } = this.flags
    const asked = { ...manners, goal: 'verdict' as const, stopBeforePsync, allowFork }
    for await (const batch of replicateFrom(source, asked, this.signal)) {
      for (const event of batch) {
        report.add(event)
        show(event)
      }
    }
  }

  async #cluster(connection: Connection): Promise<void> {
    const { json, jobs, quiet } = this.flags
    const { clusterJson, clusterText } = await import('../render/cluster/shards.ts')
    const look = async (source: Source, show: (event: ReplEvent) => void) => {
      const report = new RunReport()
      let result = ''
      await this.#shake(connection, source, report, (event) => {
        show(event)
        if (event.type === 'verdict') result = describeVerdict(event.verdict, event.stopped)
      })
      return { result, isWell: true, report: report.handshake() }
    }
    const show = (rows: readonly ShardRow[]) =>
      json ? this.printJson(clusterJson('handshake', rows)) : void process.stdout.write(clusterText(rows))
    await lookAtShards(connection, { jobs, verbosity: this.verbosity, isQuiet: quiet, isTold: json }, look, show, this.signal)
  }

  async #text() {
    const { HandshakeText } = await import('../render/handshake/text.ts')
    const detail = { quiet: this.flags.quiet, verbosity: this.verbosity }
    return new HandshakeText((text) => process.stdout.write(text), detail, process.stdout)
  }
}
