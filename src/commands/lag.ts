import { ReplCommand } from '../cli/base-command.ts'
import { exitStatus } from '../cli/exit-status.ts'
import { asReplError } from '../cli/failure.ts'
import { clusterFlag, targetArg } from '../cli/flags.ts'
import { explain } from '../diagnosis/errors/explain.ts'
import { lagFlags, lagPlan } from '../runs/lag/flags.ts'
import { lagOutput } from '../runs/lag/output.ts'
import { runLag, surveyCluster, surveySource } from '../runs/lag/run.ts'
import { traceOn } from '../runs/trace.ts'
import { accessTo } from '../topology/target.ts'

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
  static override flags = {
    cluster: {
      ...clusterFlag,
      exclusive: ['replica'],
      description: 'look at every shard of the cluster that TARGET is a node of; limits hold for each',
    },
    ...lagFlags,
  }

  async run(): Promise<void> {
    const { flags } = this
    const plan = lagPlan(flags)
    const connection = await this.connect()
    const { template, addresses, manners } = connection
    const tell = await traceOn(this.verbosity)
    const key = flags['marker-key']
    const how = {
      entry: manners,
      replicas: (flags.replica ?? []).map((target) => accessTo(target, template)),
      addresses,
      resolutionMs: plan.resolutionMs,
      isAttached: flags.attach,
      tell,
      ...((flags.marker || key !== undefined) && { marker: key === undefined ? {} : { key } }),
    }
    const output = await lagOutput(plan, flags, (object) => this.printJson(object))
    const signal = AbortSignal.any([this.signal, this.outputEnded.signal])
    const open = async () => await (flags.cluster ? surveyCluster : surveySource)(connection, how, signal)
    try {
      const { isWell, lost } = await runLag(plan, open, output, signal)
      if (plan.format === 'nagios') return
      if (lost && plan.format === 'text') throw lost
      // Other formats have said it already.
      if (lost) process.exitCode = exitStatus(lost.code)
      else if (!isWell) process.exitCode = exitStatus('EXPECTATION_FAILED')
    } finally {
      output.end()
    }
  }

  override async catch(error: unknown): Promise<void> {
    // Also where the flags could not be parsed.
    const isNagios = this.argv.some(
      (word, index) => word === '--format=nagios' || (word === 'nagios' && this.argv[index - 1] === '--format'),
    )
    if (!isNagios) return await super.catch(error)
    const { nagiosFailure } = await import('../render/lag/nagios.ts')
    const failure = asReplError(error)
    // A server that is not there is what such a check is for; a mistake of ours is none of the server's.
    const status = exitStatus(failure.code) === exitStatus('MASTER_UNREACHABLE') ? 2 : 3
    process.exitCode = status
    process.stdout.write(nagiosFailure(explain(failure).what, status))
  }
}
