import { ReplCommand } from '../cli/base-command.ts'
import { reachingFlags, targetArg } from '../cli/flags.ts'
import { goOnCommand } from '../cli/resume-command.ts'
import { usageError } from '../errors.ts'
import { now } from '../io/clock.ts'
import { canHaveRate, tailFlags } from '../runs/tail/flags.ts'
import { runTail } from '../runs/tail/run.ts'
import type { TailFlags } from '../runs/tail/view.ts'

const RATE_OF_WHAT = '--max-rate is for the RDB of a full resync: it needs --from snapshot, --on-gap resync or --allow-fork'

export default class Tail extends ReplCommand<typeof Tail> {
  static override summary = 'Follow every replicated command, with its exact offset'
  static override description =
    'Attaches as a replica at the live end without a fork and shows what the master replicates. A link that breaks is taken up again at the very byte; what cannot be continued is an error or a record, never silence. Ctrl-C ends it with a summary and the command to go on with.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> db1.example --match "user:*" --exclude expire',
    '<%= config.bin %> <%= command.id %> db1.example --state /var/lib/tail.json --format json >> commands.ndjson',
    '<%= config.bin %> <%= command.id %> db1.example --from snapshot --rdb base.rdb --format resp > stream.resp',
    '<%= config.bin %> <%= command.id %> db1.example --stats --duration 60',
  ]
  static override args = { target: targetArg }
  static override flags = tailFlags

  async run(): Promise<void> {
    const { flags } = this
    // A profile may set it for dumps.
    if (this.written.has('max-rate') && !canHaveRate(flags)) throw usageError(RATE_OF_WHAT)
    if (flags.state === '') throw usageError('The name of the state file is empty')
    const connection = await this.connect()
    const stats = flags.stats ? await this.#stats() : undefined
    await runTail({
      connection,
      flags,
      stop: this.signal,
      outputEnded: this.outputEnded.signal,
      text: flags.json ? undefined : await this.#text(() => stats?.clear()),
      stats,
      goOn: (from) =>
        goOnCommand(this.namedAgain(connection.source.name), from, behindSnapshot(flags), { ...reachingFlags, ...this.ctor.flags }),
    })
  }

  async #text(beforeNote: () => void) {
    const { flags } = this
    const [{ TailText }, { progressOn }] = await Promise.all([import('../render/tail/notes.ts'), import('../render/base/progress.ts')])
    const detail = { quiet: flags.quiet, verbosity: this.verbosity }
    return new TailText(await progressOn(process.stderr, flags.quiet, now), detail, process.stderr, beforeNote)
  }

  async #stats() {
    if (this.flags.json) return new (await import('../render/tail/stats/json.ts')).StatsJson(process.stdout)
    return new (await import('../render/tail/stats/tables.ts')).StatsTables(process.stdout)
  }
}

/** What goes on at an offset has no RDB any more. */
function behindSnapshot(flags: TailFlags): TailFlags {
  return flags['on-gap'] === 'resync' ? flags : { ...flags, 'max-rate': undefined }
}
