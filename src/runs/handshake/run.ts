/** `handshake`: up to the reply to PSYNC, with one server or with every master of a cluster. */
import { describeVerdict, judgeVerdict, markOf } from '../../diagnosis/psync/verdict.ts'
import type { Source } from '../../engine/ask/source.ts'
import type { ReplEvent } from '../../engine/events.ts'
import { Visit } from '../../engine/visit.ts'
import type { ErrorCode } from '../../errors.ts'
import { jsonLine } from '../../render/base/json-line.ts'
import { handshakeJson } from '../../render/handshake/json.ts'
import { handshakeTone } from '../../render/handshake/tone.ts'
import type { Connection } from '../connection.ts'
import type { RunContext } from '../context.ts'
import { observe } from '../observe.ts'
import { lookAtShards } from '../shards.ts'
import { SILENT_WAITING } from '../waiting.ts'

export interface HandshakePlan {
  readonly allowFork: boolean
  readonly stopBeforePsync: boolean
  readonly isCluster: boolean
  readonly jobs: number | undefined
}

/** @returns a failure that the output already contains. @throws ReplError */
export async function runHandshake(plan: HandshakePlan, connection: Connection, context: RunContext): Promise<ErrorCode | undefined> {
  if (plan.isCluster) return await atEachShard(plan, connection, context)
  const { stdout, isJson, about } = context
  const text = isJson ? undefined : await textOn(context)
  try {
    const visit = await shake(plan, connection, connection.source, context.visit, (event) => text?.show(event), context)
    if (isJson) stdout.write(jsonLine(handshakeJson(about, visit)))
    return judged(visit)
  } finally {
    text?.end()
  }
}

async function atEachShard(plan: HandshakePlan, connection: Connection, context: RunContext): Promise<ErrorCode | undefined> {
  const look = async (source: Source, show: (event: ReplEvent) => void) => {
    const visit = await shake(plan, connection, source, new Visit(), show, { ...context, waiting: SILENT_WAITING })
    const { verdict = { kind: 'none' }, stopped } = visit.seen.verdict ?? {}
    const mark = markOf(verdict, stopped)
    const isWell = judged(visit) === undefined
    const report = handshakeJson(context.about, visit)
    return {
      mark: mark.toUpperCase(),
      tone: handshakeTone(verdict, stopped),
      result: describeVerdict(verdict, stopped).text,
      isWell,
      report,
    }
  }
  return await lookAtShards('handshake', connection, plan.jobs, context, look)
}

function judged({ seen: { verdict } }: Visit): ErrorCode | undefined {
  return verdict && judgeVerdict(verdict.verdict, verdict.stopped)
}

async function shake(
  { allowFork, stopBeforePsync }: HandshakePlan,
  { linkOptions }: Connection,
  source: Source,
  visit: Visit,
  show: (event: ReplEvent) => void,
  { stop, waiting }: RunContext,
): Promise<Visit> {
  const goal = { kind: 'verdict', sampleMs: 0, allowFork, stopBeforePsync } as const
  return await observe(source, { ...linkOptions, goal }, visit, show, stop, waiting)
}

async function textOn({ stdout, detail, print, screen }: RunContext) {
  const { HandshakeText } = await import('../../render/handshake/text.ts')
  return new HandshakeText(print, detail, await screen(stdout))
}
