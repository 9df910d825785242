/** `dump-rdb`: one verified RDB, or one for each shard of a cluster. */
import { outputOf } from '../../engine/replicate.ts'
import { ReplError } from '../../errors.ts'
import { now } from '../../io/clock.ts'
import { StdoutSink } from '../../io/sinks/stdout-sink.ts'
import { jsonLine } from '../../render/base/json-line.ts'
import { dumpRdbJson } from '../../render/dump-rdb/json.ts'
import type { Report } from '../../survey/arrivals.ts'
import { NodeGuard } from '../../topology/node-guard.ts'
import type { Connection } from '../connection.ts'
import type { RunContext } from '../context.ts'
import { observe } from '../observe.ts'
import { rdbFile } from '../stores.ts'
import { traceOn } from '../trace.ts'
import { dumpCluster } from './cluster.ts'
import type { ClusterDump, DumpPlan, OneDump } from './plan.ts'
import { throughSinks } from './sinks.ts'

/** @param json where the JSON object goes: stdout carries the RDB unless the user names a file. @throws ReplError */
export async function runDump(plan: DumpPlan, connection: Connection, context: RunContext, json: NodeJS.WriteStream): Promise<void> {
  await (plan.kind === 'cluster' ? dumpShards(plan, connection, context) : dumpServer(plan, connection, context, json))
}

async function dumpServer(
  { path, force, through, maxRate, isOneShard, isCompressedByName }: OneDump,
  { source, addresses, linkOptions }: Connection,
  context: RunContext,
  json: NodeJS.WriteStream,
): Promise<void> {
  const { isJson, visit, about, stop } = context
  const sink = throughSinks(path === undefined ? new StdoutSink(stop) : await rdbFile(path, force), through)
  const store = { sink, guard: new NodeGuard(addresses, isOneShard, stop), ...(path !== undefined && { path }) }
  const text = isJson ? undefined : await textOn(context)
  if (isCompressedByName && path !== undefined) text?.compresses(path, through.compression)
  const goal = { kind: 'payload', store, ...(maxRate !== undefined && { maxRate }) } as const
  try {
    await observe(source, { ...linkOptions, goal }, visit, (event) => text?.show(event), stop, context.waiting)
  } catch (error) {
    throw error instanceof ReplError ? error.with(outputOf(store)) : error
  } finally {
    text?.end()
  }
  if (isJson) json.write(jsonLine(dumpRdbJson(about, visit)))
}

async function dumpShards(
  plan: ClusterDump,
  connection: Connection,
  { about, isJson, detail, screen, stdout, stderr, printNote, stop, waiting }: RunContext,
): Promise<void> {
  const [{ clusterDumpJson, clusterDumpText }, { progressOn }] = await Promise.all([
    import('../../render/dump-rdb/cluster.ts'),
    import('../../render/base/progress.ts'),
  ])
  const progress = isJson ? undefined : await progressOn(stderr, detail.quiet, now)
  const trace = await traceOn(stderr, screen, detail.verbosity)
  const report: Report = (server, event) => {
    waiting.over()
    trace(server, event)
  }
  const shards = await dumpCluster(plan, connection, { about, progress, report }, stop)
  if (isJson) stdout.write(jsonLine(clusterDumpJson(about, plan.path, shards)))
  else printNote(clusterDumpText(await screen(stderr), plan.path, shards, about.elapsedMs(), detail.quiet))
}

async function textOn({ detail, stderr, printNote, screen }: RunContext) {
  const [{ DumpText }, { progressOn }] = await Promise.all([
    import('../../render/dump-rdb/text.ts'),
    import('../../render/base/progress.ts'),
  ])
  return new DumpText(printNote, await progressOn(stderr, detail.quiet, now), detail, await screen(stderr))
}
