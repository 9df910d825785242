import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Flags } from '@oclif/core'
import { ReplCommand } from '../cli/base-command.ts'
import type { Connection } from '../cli/connection.ts'
import { exitStatus } from '../cli/exit-status.ts'
import { tellFailure } from '../cli/failure.ts'
import { clusterFlags, targetArg } from '../cli/flags.ts'
import { answerOf, headline, type PsyncFacts } from '../diagnosis/psync/answer.ts'
import type { ReplEvent } from '../engine/events.ts'
import type { Goal } from '../engine/options.ts'
import { gatherFacts } from '../engine/psync-facts.ts'
import { measureResync } from '../engine/resync.ts'
import { replicateFrom, type Source } from '../engine/source.ts'
import { replicateInto } from '../engine/store.ts'
import { ReplError } from '../errors.ts'
import { now, wallClock } from '../io/clock.ts'
import { NullSink, TempRdb } from '../io/sinks/rdb-file.ts'
import type { ShardRow } from '../render/cluster/shards.ts'
import { RunReport } from '../render/trace/report.ts'
import { positionAsked } from '../runs/psync/position.ts'
import { watchPsync } from '../runs/psync/watch.ts'
import { lookAtShards } from '../runs/shards.ts'

const FULL_ONLY = ['cluster', 'replid', 'offset', 'from-replica', 'explain', 'allow-fork', 'expect', 'watch']

export default class Psync extends ReplCommand<typeof Psync> {
  static override summary = 'Would a replica get a partial resync, and if not, why?'
  static override description =
    'Asks for a position (by default the live end), compares the server’s answer with what its INFO promised, and names the condition that decided, what would have helped, and how long the position stays good. A PSYNC that will be refused is sent only where a guard keeps it from forking the server; otherwise the answer is taken from INFO. --full goes through a full resync on purpose and tells what it takes.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> db1.example --from-replica db2.example:6379',
    '<%= config.bin %> <%= command.id %> db1.example --replid 8e3c… --offset 1042 --expect continue',
    '<%= config.bin %> <%= command.id %> db1.example --full --diskless',
  ]
  static override args = { target: targetArg }
  static override flags = {
    ...clusterFlags,
    cluster: { ...clusterFlags.cluster, exclusive: ['replid', 'from-replica', 'watch'] },
    replid: Flags.string({ description: 'the history to ask for (master_replid)', dependsOn: ['offset'], exclusive: ['from-replica'] }),
    offset: Flags.string({
      description: 'the last byte one has, as INFO and ACK speak of it; PSYNC asks for the one behind it',
      dependsOn: ['replid'],
    }),
    'from-replica': Flags.string({
      helpValue: 'TARGET',
      description:
        'answer for the position of this real replica, or of a master that would become one; with the same password unless its URI has one',
    }),
    explain: Flags.boolean({ description: 'decide from INFO alone and attach nothing', exclusive: ['allow-fork'] }),
    'allow-fork': Flags.boolean({ description: 'send PSYNC also where its refusal forks the server or changes its replid' }),
    expect: Flags.string({ options: ['continue', 'full'], description: 'exit with 1 when the answer is another' }),
    sample: Flags.integer({
      min: 0,
      max: 3600,
      default: 1,
      helpValue: 'SECONDS',
      description: 'measure the write rate for so long; 0: do not',
    }),
    watch: Flags.boolean({ description: 'ask again and again and report each change, until Ctrl-C or until --expect fails' }),
    interval: Flags.integer({
      char: 'i',
      min: 1,
      max: 86_400,
      helpValue: 'SECONDS',
      description: 'between two questions of --watch; 5 if not given',
      dependsOn: ['watch'],
    }),
    full: Flags.boolean({ description: 'a full resync on purpose: the server forks', exclusive: FULL_ONLY }),
    diskless: Flags.boolean({
      description: 'with --full: verify the payload on its way through instead of writing a temporary file',
      dependsOn: ['full'],
    }),
  }

  #connection: Connection | undefined

  async run(): Promise<void> {
    const { flags } = this
    if (flags.full) return await this.#full()
    if (flags.cluster) return await this.#cluster()
    if (!flags.watch) return void (await this.#answer(true))
    const watched = {
      look: async () => (await this.#gather('forecast', 0)).facts,
      tell: (isFirst: boolean) => this.#answer(isFirst),
      fail: async (failure: ReplError) => {
        await tellFailure(failure, new RunReport(), flags.json ? process.stdout : undefined)
        process.exitCode = undefined // a change like others: the watch goes on
      },
    }
    await watchPsync(watched, (flags.interval ?? 5) * 1000, AbortSignal.any([this.signal, this.outputEnded.signal]))
  }

  /** One question and its printed answer. @throws ReplError EXPECTATION_FAILED when it is not the expected one. */
  async #answer(isTraced: boolean): Promise<{ facts: PsyncFacts; goesOn: boolean }> {
    const { flags } = this
    const text = flags.json ? undefined : await this.#verdictText()
    const show = (event: ReplEvent) => isTraced && text?.show(event)
    const { facts, subject } = await this.#gather(flags.explain ? 'forecast' : 'verdict', flags.sample * 1000, show)
    const at = wallClock()
    text?.conclude(facts, subject, flags.watch ? at : undefined)
    if (flags.json) this.printJson(this.report.psync(facts, subject, at, flags.expect))
    return { facts, goesOn: this.#isExpected(facts) }
  }

  /** The live end of every shard. */
  async #cluster(): Promise<void> {
    const { json, jobs, quiet, explain, sample, expect } = this.flags
    const connection = await this.connect()
    const { clusterJson, clusterText } = await import('../render/cluster/shards.ts')
    const look = async (source: Source, tell: (event: ReplEvent) => void) => {
      const report = new RunReport()
      const { facts, subject } = await this.#ask(connection, source, report, explain ? 'forecast' : 'verdict', sample * 1000, tell)
      const { answer } = answerOf(facts)
      const isWell = expect === undefined || expect === answer
      return { result: headline(facts, subject), isWell, report: report.psync(facts, subject, wallClock(), expect) }
    }
    const show = (rows: readonly ShardRow[]) =>
      json ? this.printJson(clusterJson('psync', rows)) : void process.stdout.write(clusterText(rows))
    await lookAtShards(connection, { jobs, verbosity: this.verbosity, isQuiet: quiet, isTold: json }, look, show, this.signal)
  }

  async #gather(goal: Goal, sampleMs: number, show: (event: ReplEvent) => void = () => {}) {
    // Once: a password may come from a pipe.
    this.#connection ??= await this.connect()
    this.report = new RunReport()
    return await this.#ask(this.#connection, this.#connection.source, this.report, goal, sampleMs, show)
  }

  async #ask(
    { manners, template }: Connection,
    source: Source,
    report: RunReport,
    goal: Goal,
    sampleMs: number,
    show: (event: ReplEvent) => void = () => {},
  ) {
    const { flags } = this
    const { position, subject } = await positionAsked(flags, template, this.signal)
    const asked = { ...manners, goal, allowFork: flags['allow-fork'], sampleMs, ...(position && { position }) }
    let facts: PsyncFacts = {}
    for await (const batch of replicateFrom(source, asked, this.signal)) {
      for (const event of batch) {
        report.add(event)
        facts = gatherFacts(facts, event)
        show(event)
      }
    }
    return { facts, subject }
  }

  #isExpected(facts: PsyncFacts): boolean {
    const { expect, json } = this.flags
    const { answer } = answerOf(facts)
    if (expect === undefined || expect === answer) return true
    // The JSON has said it already, and holds one object a run.
    if (!json) throw new ReplError('EXPECTATION_FAILED', { expected: expect, answer })
    process.exitCode = exitStatus('EXPECTATION_FAILED')
    return false
  }

  async #full(): Promise<void> {
    const { flags } = this
    const { source, manners } = await this.connect()
    const path = join(tmpdir(), `redis-repl-${process.pid}.rdb`)
    const store = flags.diskless ? { sink: new NullSink() } : { sink: await TempRdb.create(path), path }
    const text = flags.json ? undefined : await this.#resyncText()
    try {
      for await (const batch of measureResync(replicateInto(store, source, { ...manners, goal: 'live' }, this.signal))) {
        for (const event of batch) {
          this.report.add(event)
          text?.show(event)
          if (event.type === 'resync' && flags.json) this.printJson(this.report.resync(event.figures))
        }
      }
    } finally {
      text?.end()
    }
  }

  async #verdictText() {
    const { PsyncText } = await import('../render/psync/text.ts')
    return new PsyncText(this.#write, this.#detail(), process.stdout)
  }

  async #resyncText() {
    const [{ ResyncText }, { progressOn }] = await Promise.all([
      import('../render/psync/full-text.ts'),
      import('../render/base/progress.ts'),
    ])
    return new ResyncText(this.#write, await progressOn(process.stderr, this.flags.quiet, now), this.#detail(), process.stdout)
  }

  readonly #write = (text: string): void => {
    process.stdout.write(text)
  }

  #detail() {
    return { quiet: this.flags.quiet, verbosity: this.verbosity }
  }
}
