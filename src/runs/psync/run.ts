/** `psync`: would a replica get a partial resync? Asked once, repeatedly, or at every shard of a cluster. */
import { answerOf, headline, type PsyncFacts } from '../../diagnosis/psync/answer.ts'
import type { Source } from '../../engine/ask/source.ts'
import type { ReplEvent } from '../../engine/events.ts'
import type { Goal } from '../../engine/goal.ts'
import { Visit } from '../../engine/visit.ts'
import { type ErrorCode, ReplError } from '../../errors.ts'
import { wallClock } from '../../io/clock.ts'
import { jsonLine } from '../../render/base/json-line.ts'
import { psyncJson } from '../../render/psync/json.ts'
import type { Connection } from '../connection.ts'
import type { RunContext } from '../context.ts'
import { observe } from '../observe.ts'
import { lookAtShards } from '../shards.ts'
import { psyncFacts } from './facts.ts'
import { runFull } from './full.ts'
import type { PsyncPlan, Question } from './plan.ts'
import { positionAsked } from './position.ts'
import { watchPsync } from './watch.ts'

/**
 * @param reportFailure prints a failure after which a watch continues
 * @returns an unmet expectation that the JSON output already contains. @throws ReplError
 */
export async function runPsync(
  plan: PsyncPlan,
  connection: Connection,
  context: RunContext,
  reportFailure: (failure: ReplError) => Promise<void>,
): Promise<ErrorCode | undefined> {
  switch (plan.kind) {
    case 'full':
      await runFull(plan.isDiskless, connection, context)
      return undefined
    case 'cluster':
      return await atEachShard(plan.question, plan.jobs, connection, context)
    case 'once':
      return (await answer(plan.question, connection, context, { isTraced: true })).unmet
    case 'watch':
      return await watch(plan.question, plan.everyMs, connection, context, reportFailure)
  }
}

interface PrintedAnswer {
  readonly facts: PsyncFacts
  readonly unmet: ErrorCode | undefined
}

/** Asks once and prints the answer. @throws ReplError EXPECTATION_FAILED when the answer is unexpected and the output is text */
async function answer(
  question: Question,
  connection: Connection,
  context: RunContext,
  { isTraced, isOneOfMany = false }: { readonly isTraced: boolean; readonly isOneOfMany?: boolean },
): Promise<PrintedAnswer> {
  const { isJson, stdout, detail } = context
  const text = isJson ? undefined : await textOn(stdout, detail)
  context.visit = new Visit()
  const show = (event: ReplEvent) => isTraced && text?.show(event)
  const { facts, subject } = await new Asker(question, connection, context.stop).ask(connection.source, context.visit, show)
  const at = wallClock()
  text?.conclude(facts, subject, isOneOfMany ? at : undefined)
  if (isJson) stdout.write(jsonLine(psyncJson(context.visit, facts, subject, at, question.expected)))
  return { facts, unmet: unmet(facts, question.expected, isJson) }
}

/** JSON output already contains the answer and has one object per run. @throws ReplError EXPECTATION_FAILED in text output */
function unmet(facts: PsyncFacts, expected: string | undefined, isJson: boolean): ErrorCode | undefined {
  const { answer } = answerOf(facts)
  if (expected === undefined || expected === answer) return undefined
  if (!isJson) throw new ReplError('EXPECTATION_FAILED', { expected, answer })
  return 'EXPECTATION_FAILED'
}

async function watch(
  question: Question,
  everyMs: number,
  connection: Connection,
  context: RunContext,
  fail: (failure: ReplError) => Promise<void>,
): Promise<ErrorCode | undefined> {
  let code: ErrorCode | undefined
  const watched = {
    look: () => new Asker(question, connection, context.stop).look(),
    answer: async (isFirst: boolean) => {
      const { facts, unmet: failed } = await answer(question, connection, context, { isTraced: isFirst, isOneOfMany: true })
      code = failed
      return { facts, isOver: failed !== undefined }
    },
    fail,
  }
  await watchPsync(watched, everyMs, AbortSignal.any([context.stop, context.outputEnded]))
  return code
}

/** Asks the master of every shard for its live end. */
async function atEachShard(
  question: Question,
  jobs: number | undefined,
  connection: Connection,
  context: RunContext,
): Promise<ErrorCode | undefined> {
  const { expected } = question
  const asker = new Asker(question, connection, context.stop)
  const look = async (source: Source, show: (event: ReplEvent) => void) => {
    const visit = new Visit()
    const { facts, subject } = await asker.ask(source, visit, show)
    const isWell = expected === undefined || expected === answerOf(facts).answer
    return { result: headline(facts, subject), isWell, report: psyncJson(visit, facts, subject, wallClock(), expected) }
  }
  return await lookAtShards('psync', connection, jobs, context, look)
}

/** Asks servers the same question. */
class Asker {
  readonly #question: Question
  readonly #connection: Connection
  readonly #signal: AbortSignal

  constructor(question: Question, connection: Connection, signal: AbortSignal) {
    this.#question = question
    this.#connection = connection
    this.#signal = signal
  }

  /** Predicts from INFO alone. Measures no write rate and prints nothing. */
  async look(): Promise<PsyncFacts> {
    return (await this.#ask('forecast', 0, this.#connection.source, new Visit(), () => {})).facts
  }

  /** Predicts or sends PSYNC, as the user chose. */
  async ask(source: Source, visit: Visit, show: (event: ReplEvent) => void) {
    const { isByInfoAlone, sampleMs } = this.#question
    return await this.#ask(isByInfoAlone ? 'forecast' : 'verdict', sampleMs, source, visit, show)
  }

  async #ask(kind: 'forecast' | 'verdict', sampleMs: number, source: Source, visit: Visit, show: (event: ReplEvent) => void) {
    const { asked, allowFork } = this.#question
    const { linkOptions, template } = this.#connection
    const { position, subject } = await positionAsked(asked, template, this.#signal)
    const common = { sampleMs, ...(position && { position }) }
    const goal: Goal = kind === 'forecast' ? { kind, ...common } : { kind, allowFork, stopBeforePsync: false, ...common }
    await observe(source, { ...linkOptions, goal }, visit, show, this.#signal)
    return { facts: psyncFacts(visit), subject }
  }
}

async function textOn(stdout: NodeJS.WriteStream, detail: RunContext['detail']) {
  const { PsyncText } = await import('../../render/psync/text.ts')
  return new PsyncText((text) => stdout.write(text), detail, stdout)
}
