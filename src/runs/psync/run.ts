/** `psync`: would a replica get a partial resync? Asked once, repeatedly, or at every shard of a cluster. */
import { answerOf, markOf, openAnswer, type PsyncFacts, type Subject } from '../../diagnosis/psync/answer.ts'
import { isOthersLoop } from '../../diagnosis/psync/others-loop.ts'
import { headline } from '../../diagnosis/psync/words.ts'
import type { Source } from '../../engine/ask/source.ts'
import type { ReplEvent } from '../../engine/events.ts'
import { Visit } from '../../engine/visit.ts'
import { type ErrorCode, ReplError } from '../../errors.ts'
import { wallClock } from '../../io/clock.ts'
import { jsonLine } from '../../render/base/json-line.ts'
import { psyncJson } from '../../render/psync/json.ts'
import { toneOf } from '../../render/psync/tone.ts'
import type { Connection } from '../connection.ts'
import type { RunContext } from '../context.ts'
import { lookAtShards } from '../shards.ts'
import { SILENT_WAITING } from '../waiting.ts'
import { Asker } from './asker.ts'
import { runFull } from './full.ts'
import { listLost, lostOf } from './lost.ts'
import type { PsyncPlan, Question, Watch } from './plan.ts'
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
      return await runFull(plan.isDiskless, connection, context)
    case 'cluster':
      return await atEachShard(plan.question, plan.jobs, connection, context)
    case 'once':
      return await once(plan.question, connection, context)
    case 'watch':
      return await watch(plan.question, plan.watch, connection, context, reportFailure)
  }
}

interface PrintedAnswer {
  readonly facts: PsyncFacts
  readonly unmet: ErrorCode | undefined
}

async function once(question: Question, connection: Connection, context: RunContext): Promise<ErrorCode | undefined> {
  const asker = new Asker(question, connection, context)
  try {
    return (await answer(question, asker, connection, context, { isTraced: true })).unmet
  } finally {
    await asker.close()
  }
}

/** Asks once and prints the answer. @throws ReplError EXPECTATION_FAILED when the answer is unexpected and the output is text */
async function answer(
  question: Question,
  asker: Asker,
  connection: Connection,
  context: RunContext,
  { isTraced, isOneOfMany = false }: { readonly isTraced: boolean; readonly isOneOfMany?: boolean },
): Promise<PrintedAnswer> {
  const { isJson, stdout, about } = context
  const text = isJson ? undefined : await textOn(context)
  context.visit = new Visit()
  try {
    const { facts, subject, replica } = await asker.ask(connection.source, context.visit, (event) => void (isTraced && text?.show(event)))
    const at = wallClock()
    text?.conclude(facts, subject, isOneOfMany ? at : undefined, lostOf(replica, facts.history))
    const { expected } = question
    const code = unmet(facts, subject, expected)
    if (isJson) stdout.write(jsonLine(psyncJson(about, context.visit, { facts, subject, at, expected, code })))
    else if (expected !== undefined && code !== undefined && !facts.loop)
      throw new ReplError('EXPECTATION_FAILED', { expected, answer: answerOf(facts).answer })
    if (question.listsLost) await listLost(replica, facts.history, connection, context)
    return { facts, unmet: code }
  } finally {
    text?.end()
  }
}

/** What gives the run its exit status: an unmet expectation, a resync loop, or an open question. */
function unmet(facts: PsyncFacts, subject: Subject, expected: string | undefined): ErrorCode | undefined {
  const { answer } = answerOf(facts)
  if (facts.loop && (expected === undefined || (expected === answer && !isOthersLoop(facts.loop, subject)))) return 'EXPECTATION_FAILED'
  if (expected === undefined) return openAnswer(facts)
  return expected === answer ? undefined : 'EXPECTATION_FAILED'
}

async function watch(
  question: Question,
  times: Watch,
  connection: Connection,
  context: RunContext,
  fail: (failure: ReplError) => Promise<void>,
): Promise<ErrorCode | undefined> {
  let code: ErrorCode | undefined
  const asker = new Asker(question, connection, context)
  const watched = {
    look: () => asker.look(),
    answer: async (isFirst: boolean) => {
      const { facts, unmet: failed } = await answer(question, asker, connection, context, { isTraced: isFirst, isOneOfMany: true })
      // The next question may answer what is open, and a resync loop may end, so the watch continues.
      code = failed === openAnswer(facts) ? undefined : failed
      return { facts, isOver: code !== undefined && !facts.loop }
    },
    fail,
  }
  try {
    await watchPsync(watched, times, AbortSignal.any([context.stop, context.outputEnded]))
    return code
  } finally {
    await asker.close()
  }
}

/** Asks the master of every shard for its live end. */
async function atEachShard(
  question: Question,
  jobs: number | undefined,
  connection: Connection,
  context: RunContext,
): Promise<ErrorCode | undefined> {
  const { expected } = question
  const asker = new Asker(question, connection, { stop: context.stop, waiting: SILENT_WAITING })
  const look = async (source: Source, show: (event: ReplEvent) => void) => {
    const visit = new Visit()
    const { facts, subject } = await asker.ask(source, visit, show)
    const isWell = expected === undefined ? openAnswer(facts) === undefined : expected === answerOf(facts).answer
    const code = isWell ? undefined : (openAnswer(facts) ?? 'EXPECTATION_FAILED')
    const report = psyncJson(context.about, visit, { facts, subject, at: wallClock(), expected, code })
    return { mark: markOf(facts), tone: toneOf(facts), result: headline(facts, subject), isWell, report }
  }
  return await lookAtShards('psync', connection, jobs, context, look)
}

async function textOn({ stdout, detail, print, screen }: RunContext) {
  const { PsyncText } = await import('../../render/psync/text.ts')
  return new PsyncText(print, detail, await screen(stdout))
}
