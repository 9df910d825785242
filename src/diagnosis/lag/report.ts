/** A look at the whole tree: each replica's lag, its state, and what it would get if its link broke now. */
import { type Info, infoNumber } from '../../protocol/info/info.ts'
import { masterLink } from '../../protocol/info/replication.ts'
import { type History, historyFromInfo, identityFromInfo, type ServerIdentity } from '../../protocol/info/server-facts.ts'
import { bytesToLive, forecastPsync, isSame, type Position } from '../psync/forecast.ts'
import { positionOf } from '../psync/position.ts'
import {
  type LagReport,
  type MasterReport,
  type ReplicaReport,
  type ReplicaState,
  type ResyncNow,
  SILENT_MS,
  type Sighting,
  type Spot,
} from './lag.ts'
import type { LagMeter } from './meter.ts'
import type { WriteFigures } from './write-rate.ts'

/** @param tree the topmost server first */
export function lagReport(tree: readonly [Spot, ...Spot[]], meter: LagMeter, at: Date): LagReport {
  const [top, ...others] = tree
  const { writes } = meter
  return {
    at,
    master: masterReport(top, writes),
    replicas: others.map((spot) => replicaReport(spot, top, meter, writes)),
    isNewHistory: meter.takeNewHistory(),
  }
}

function masterReport({ name, seen, failure, silentMs }: Spot, writes: WriteFigures | undefined): MasterReport {
  const info = seen?.info
  const history = info && historyFromInfo(info)
  const offset = info && infoNumber(info, 'master_repl_offset')
  return {
    name,
    silentMs,
    ...(failure && { failure }),
    ...identityOf(seen),
    ...(history && { replid: history.replid }),
    ...(offset !== undefined && { offset }),
    ...(history?.backlog && { backlog: { size: history.backlog.size, histlen: history.backlog.histlen } }),
    ...(writes && { writes }),
    ...(info && upkeep(info)),
    isReplica: info !== undefined && masterLink(info) !== undefined,
  }
}

/** ROLE tells none. */
function identityOf(seen: Sighting | undefined): { readonly identity?: ServerIdentity } {
  const identity = seen && identityFromInfo(seen.info)
  return identity?.version ? { identity } : {}
}

/** What its settings are judged by. */
function upkeep(info: Info): Pick<MasterReport, 'goodReplicas' | 'bgsaveSeconds' | 'dataBytes'> {
  const goodReplicas = infoNumber(info, 'min_slaves_good_slaves')
  const bgsaveSeconds = infoNumber(info, 'rdb_last_bgsave_time_sec')
  const dataBytes = infoNumber(info, 'used_memory')
  return {
    ...(goodReplicas !== undefined && { goodReplicas }),
    ...(bgsaveSeconds !== undefined && bgsaveSeconds >= 0 && { bgsaveSeconds }),
    ...(dataBytes !== undefined && { dataBytes }),
  }
}

function replicaReport(spot: Spot, top: Spot, meter: LagMeter, writes: WriteFigures | undefined): ReplicaReport {
  const { name, upstream = top, depth, seen, failure, silentMs, listed } = spot
  const link = seen && masterLink(seen.info)
  const resync = resyncNow(spot, upstream, writes)
  return {
    name,
    upstream: upstream.name,
    depth,
    state: stateOf(spot),
    silentMs,
    ...(failure && { failure }),
    ...(listed && { listed }),
    ...(link && { link }),
    ...identityOf(seen),
    ...meter.figures(spot, top),
    ...(resync && { resync }),
  }
}

/** Its own word goes before its master's, where there is one. */
function stateOf({ isTool, seen, failure, silentMs, listed }: Spot): ReplicaState {
  if (isTool) return 'tool'
  if (failure && failure.details.reason !== 'SILENCE') return 'unreachable'
  if (!seen || silentMs > SILENT_MS) return 'silent'
  if (seen.info.get('loading') === '1') return 'loading'
  const link = masterLink(seen.info)
  if (!link) return 'stranger'
  if (link.sync || (listed && listed.state !== 'online')) return 'syncing'
  return link.isUp ? 'online' : 'link-down'
}

function resyncNow(spot: Spot, upstream: Spot, writes: WriteFigures | undefined): ResyncNow | undefined {
  const history = upstream.seen && !upstream.failure ? historyFromInfo(upstream.seen.info) : undefined
  const position = history && positionNow(spot, history)
  if (!history || !position) return undefined
  const { forecast } = forecastPsync(history, position)
  if (forecast.kind !== 'continue') return { forecast }
  const bytesLeft = bytesToLive(history, position)
  if (!writes) return { forecast, bytesLeft }
  return { forecast, bytesLeft, secondsLeft: writes.average === 0 ? Number.POSITIVE_INFINITY : bytesLeft / writes.average }
}

/** Its own where it tells one, else that of its last ACK. */
function positionNow({ seen, failure, listed, isTool }: Spot, history: History): Position | undefined {
  if (isTool) return undefined
  const link = seen && !failure ? masterLink(seen.info) : undefined
  const own = seen && link && positionOf(seen.info)
  if (!own) return listed && listed.ackOffset > 0 ? { replid: history.replid, offset: listed.ackOffset } : undefined
  // A replica whose link is up has nothing of its own: what is more came after its upstream was asked.
  const isAhead = link.isUp && isSame(own.replid, history.replid) && own.offset > history.offset
  return isAhead ? { ...own, offset: history.offset } : own
}
