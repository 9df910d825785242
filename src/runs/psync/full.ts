/** `psync --full`: a full resync as a replica does it, and what it costs. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { judgeResync, resyncCode } from '../../diagnosis/psync/resync.ts'
import { type BufferLimit, largerLimitCommand } from '../../diagnosis/resync/buffer-limit.ts'
import type { Source } from '../../engine/ask/source.ts'
import type { Store } from '../../engine/goal.ts'
import type { Visit } from '../../engine/visit.ts'
import { type ErrorCode, ReplError } from '../../errors.ts'
import { now } from '../../io/clock.ts'
import type { KnownShard } from '../../protocol/cluster/cluster-map.ts'
import { jsonLine } from '../../render/base/json-line.ts'
import { psyncFullJson } from '../../render/psync/full-json.ts'
import { knownShard } from '../../topology/cluster-node.ts'
import type { Connection } from '../connection.ts'
import type { RunContext } from '../context.ts'
import { observe } from '../observe.ts'
import { nullStore, temporaryStore } from '../stores.ts'
import { bufferOf, bytesBySample, lowestLimit, resyncFigures } from './figures.ts'

/** @returns what gives the run its exit status, when the output already contains it. @throws ReplError */
export async function runFull(
  isDiskless: boolean,
  { source, linkOptions }: Connection,
  context: RunContext,
): Promise<ErrorCode | undefined> {
  const { visit, isJson, stdout, about, stop } = context
  const store: Store = isDiskless ? nullStore() : await temporaryStore(join(tmpdir(), `redis-repl-${process.pid}.rdb`))
  const text = isJson ? undefined : await textOn(context)
  try {
    await observe(source, { ...linkOptions, goal: { kind: 'live', store } }, visit, (event) => text?.show(event), stop, context.waiting)
    const figures = resyncFigures(visit)
    const judgement = judgeResync(figures, visit.choices.at(-1)?.endpoint ?? source.name)
    const judged = { figures, judgement, shard: await shardOf(source, visit, stop) }
    text?.conclude(judged)
    if (isJson) stdout.write(jsonLine(psyncFullJson(about, visit, judged)))
    return resyncCode(judgement)
  } catch (error) {
    // A master closes the link when our output buffer overruns. From here that looks like a lost link.
    const { buffer, limit } = bufferOf(visit)
    if (!(error instanceof ReplError) || !buffer) throw error
    throw error.with({ bufferBytes: buffer.peakBytes, ...(limit && limitFacts(visit, buffer.peakBytes, limit)) })
  } finally {
    text?.end()
  }
}

/** The figures of a node of a cluster are those of one shard. */
async function shardOf(source: Source, { seen: { server, verdict } }: Visit, signal: AbortSignal): Promise<KnownShard | undefined> {
  if (server?.identity?.mode !== 'cluster') return undefined
  const { access } = await source.find(signal)
  return await knownShard(access, verdict?.verdict.kind === 'full' ? verdict.verdict.replid : undefined, signal)
}

/** With the command for more room, if the buffer was about to run over at its last sample. */
function limitFacts({ buffers }: Visit, peakBytes: number, limit: BufferLimit) {
  const bufferLimit = lowestLimit(limit)
  const isNear = bufferLimit > 0 && Math.max(peakBytes, bytesBySample(buffers)) >= bufferLimit / 2
  return { bufferLimit, ...(isNear && { bufferCommand: largerLimitCommand(Math.max(peakBytes, bufferLimit), limit) }) }
}

async function textOn({ stdout, stderr, detail, print, screen }: RunContext) {
  const [{ ResyncText }, { progressOn }] = await Promise.all([
    import('../../render/psync/full-text.ts'),
    import('../../render/base/progress.ts'),
  ])
  return new ResyncText(print, await progressOn(stderr, detail.quiet, now), detail, await screen(stdout))
}
