/** The report on the whole tree: each replica's lag, its state, and what it would get if its link broke now. */

import type { ReplError } from '../../errors.ts'
import { type History, isSameReplid, type Position } from '../../protocol/history.ts'
import type { ServerIdentity } from '../../protocol/info/identity.ts'
import { phaseOf, unlistedReplicas } from '../../protocol/info/replicas.ts'
import { isTop, loadsData, numberField, ownPosition, type ServerInfo } from '../../protocol/info/server-info.ts'
import { bytesToLive, forecastPsync } from '../psync/forecast.ts'
import {
  type LagReport,
  type MasterReport,
  type Observation,
  type ReplicaReport,
  type ReplicaState,
  type ResyncNow,
  SILENT_MS,
  type TreeNode,
} from './lag.ts'
import type { LagMeter } from './meter.ts'
import type { WriteFigures } from './write-rate.ts'

/** @param tree the topmost server first */
export function lagReport(tree: readonly [TreeNode, ...TreeNode[]], meter: LagMeter, at: Date): LagReport {
  const [top, ...others] = tree
  const { writes } = meter
  return {
    at,
    master: masterReport(top, writes),
    replicas: others.map((node) => replicaReport(node, top, meter, writes)),
    isNewHistory: meter.takeNewHistory(),
  }
}

function masterReport({ name, seen, failure, silentMs }: TreeNode, writes: WriteFigures | undefined): MasterReport {
  const server = seen?.server
  const history = server?.history
  const offset = server && numberField(server, 'master_repl_offset')
  const unlisted = server ? unlistedReplicas(server.fields) : 0
  return {
    name,
    silentMs,
    ...(failure && { failure }),
    ...identityOf(seen),
    ...(seen?.isByRole && { isByRole: true }),
    ...(server?.role !== undefined && { role: server.role }),
    ...(history && { replid: history.replid }),
    ...(offset !== undefined && { offset }),
    ...(history?.backlog && { backlog: { size: history.backlog.size, histlen: history.backlog.histlen } }),
    ...(writes && { writes }),
    ...(server && adviceInputs(server)),
    ...(server && countersOf(server)),
    ...(unlisted > 0 && { unlisted }),
    ...(seen && !listsReplicas(seen) && { isListHidden: true }),
    ...(server?.isLoading && { loading: loadingOf(server) }),
    isReplica: server !== undefined && !isTop(server),
  }
}

/** Without `connected_slaves` an empty list proves nothing. */
function listsReplicas({ server, isByRole }: Observation): boolean {
  return isByRole === true || server.fields.has('connected_slaves') || server.replicas.length > 0
}

function loadingOf(server: ServerInfo): { readonly etaSeconds?: number } {
  const etaSeconds = numberField(server, 'loading_eta_seconds')
  return etaSeconds === undefined ? {} : { etaSeconds }
}

/** ROLE does not report a version. */
function identityOf(seen: Observation | undefined): { readonly identity?: ServerIdentity } {
  const identity = seen?.server.identity
  return identity?.version ? { identity } : {}
}

function countersOf(server: ServerInfo): Pick<MasterReport, 'connectedReplicas' | 'resyncCounters'> {
  const connectedReplicas = numberField(server, 'connected_slaves')
  const [full, partialOk, partialErr] = ['sync_full', 'sync_partial_ok', 'sync_partial_err'].map((field) => numberField(server, field))
  const resyncCounters = {
    ...(full !== undefined && { full }),
    ...(partialOk !== undefined && { partialOk }),
    ...(partialErr !== undefined && { partialErr }),
  }
  return {
    ...(connectedReplicas !== undefined && { connectedReplicas }),
    ...(Object.keys(resyncCounters).length > 0 && { resyncCounters }),
  }
}

/** The figures that advice.ts needs to judge the settings. */
function adviceInputs(server: ServerInfo): Pick<MasterReport, 'goodReplicas' | 'bgsaveSeconds' | 'dataBytes'> {
  const goodReplicas = numberField(server, 'min_slaves_good_slaves')
  const bgsaveSeconds = numberField(server, 'rdb_last_bgsave_time_sec')
  const dataBytes = numberField(server, 'used_memory')
  return {
    ...(goodReplicas !== undefined && { goodReplicas }),
    ...(bgsaveSeconds !== undefined && bgsaveSeconds >= 0 && { bgsaveSeconds }),
    ...(dataBytes !== undefined && { dataBytes }),
  }
}

function replicaReport(node: TreeNode, top: TreeNode, meter: LagMeter, writes: WriteFigures | undefined): ReplicaReport {
  const { name, upstream = top, depth, seen, failure, silentMs, listed } = node
  const link = seen?.server.masterLink
  const resync = resyncNow(node, upstream, writes)
  return {
    name,
    upstream: upstream.name,
    depth,
    state: stateOf(node),
    ...(seen?.server.role !== undefined && { role: seen.server.role }),
    silentMs,
    ...(failure && { failure }),
    ...(listed && { listed }),
    ...(link && { link }),
    ...identityOf(seen),
    ...meter.figures(node, top),
    ...(resync && { resync }),
  }
}

/** The replica's own INFO takes precedence over its master's list. */
function stateOf({ isTool, isUnlisted, seen, failure, silentMs, listed }: TreeNode): ReplicaState {
  if (isTool) return 'tool'
  if (isUnidentified(failure)) return 'listed'
  if (failure && failure.details.reason !== 'SILENCE') return 'unreachable'
  if (silentMs > SILENT_MS || failure) return 'silent'
  if (!seen) return 'not-asked'
  if (seen.server.isLoading) return 'loading'
  const link = seen.server.masterLink
  if (!link) return 'stranger'
  if (link.sync || (listed && phaseOf(listed) === 'syncing')) return 'syncing'
  if (!link.isUp) return 'link-down'
  return isUnlisted ? 'unlisted' : 'online'
}

/** Its address leads to another server, or to one of several. */
function isUnidentified(failure: ReplError | undefined): boolean {
  return failure !== undefined && ['NOT_THE_REPLICA', 'SHARED_ADDRESS'].includes(failure.details.reason)
}

function resyncNow(node: TreeNode, upstream: TreeNode, writes: WriteFigures | undefined): ResyncNow | undefined {
  const history = upstream.failure ? undefined : upstream.seen?.server.history
  const position = history && positionNow(node, history)
  if (!history || !position) return undefined
  const { forecast } = forecastPsync(history, position)
  if (forecast.kind !== 'continue') return { forecast }
  const bytesLeft = bytesToLive(history, position)
  if (!writes || writes.isSparse) return { forecast, bytesLeft }
  return { forecast, bytesLeft, secondsLeft: writes.average === 0 ? Number.POSITIVE_INFINITY : bytesLeft / writes.average }
}

/** The replica's own position if it reports one, otherwise its last ACK. */
function positionNow({ seen, failure, listed, isTool }: TreeNode, history: History): Position | undefined {
  // The position of a replica that is loading comes with its data.
  const isLoading = seen && !failure && loadsData(seen.server)
  if (isTool || isLoading) return undefined
  const link = failure ? undefined : seen?.server.masterLink
  const own = seen && link && !link.hasOwnHistory && ownPosition(seen.server)
  const known = link?.hasOwnHistory ? link.appliedOffset : listed?.ackOffset
  if (!own) return known ? { replid: history.replid, offset: known } : undefined
  // A replica whose link is up has no writes of its own: the extra bytes arrived after the query of its upstream.
  const isAhead = link.isUp && isSameReplid(own.replid, history.replid) && own.offset > history.offset
  return isAhead ? { ...own, offset: history.offset } : own
}
