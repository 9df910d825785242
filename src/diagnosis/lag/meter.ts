/**
 * Keeps the observations of a master and its replicas over time, and calculates each replica's lag from them. Milliseconds and
 * bytes both come from the curve of the master's offset.
 */
import { isSameReplid } from '../../protocol/history.ts'
import { type ListedReplica, listedName, phaseOf } from '../../protocol/info/replicas.ts'
import { numberField, type ServerInfo } from '../../protocol/info/server-info.ts'
import { type Lag, type LagMethod, type LagUnknown, lagMs, type Observation, SILENT_MS, type TreeNode } from './lag.ts'
import { type Asked, middle, OffsetCurve } from './offset-curve.ts'
import { Samples, type Summary } from './quantile.ts'
import { type Point, type Trend, trendOf } from './trend.ts'
import { type WriteFigures, WriteRate } from './write-rate.ts'

/** How many polls a trend covers. */
const TREND_POINTS = 100
/** A replica sends an ACK each second; an older ACK is stale. */
const FRESH_ACK_MS = 1500

/** The observations of one replica. */
interface Track {
  readonly rate: WriteRate
  readonly samples: Samples
  points: Point[]
  /** Waits for the next observation of the master. */
  pending?: { readonly offset: number; readonly times: Asked } | undefined
  lag?: Lag | undefined
}

/** The last ACK of a replica, and when the master first reported it. */
interface Ack {
  readonly offset: number
  readonly times: Asked
  lag?: Lag | undefined
}

export interface ReplicaFigures {
  readonly lag?: Lag
  readonly unknown?: LagUnknown
  readonly trend?: Trend
  readonly applied?: number
  readonly summary?: Summary
}

export class LagMeter {
  readonly #curve = new OffsetCurve()
  readonly #writes = new WriteRate()
  /** By Observation.id. */
  readonly #tracks = new Map<string, Track>()
  /** By the name of the row in the master's list. */
  readonly #acks = new Map<string, Ack>()
  #master: Observation | undefined
  #isNewHistory = false

  /** Records an observation of the server that all lags are measured against. */
  sawMaster(observation: Observation): void {
    const offset = numberField(observation.server, 'master_repl_offset')
    if (offset === undefined) return
    const hasNewReplid = this.#master !== undefined && !isSameReplid(replidOf(this.#master.server), replidOf(observation.server))
    if (hasNewReplid) this.#curve.clear()
    const isOnward = this.#curve.push(offset, observation)
    if (hasNewReplid || !isOnward) this.#startHistory()
    this.#writes.push(offset, middle(observation))
    this.#master = observation
    for (const track of this.#tracks.values()) this.#settle(track)
    for (const listed of observation.server.replicas) this.#recordAck(listed, observation)
  }

  sawReplica(observation: Observation): void {
    const offset = observation.server.masterLink?.appliedOffset
    if (offset === undefined) return
    const track = this.#tracks.get(observation.id) ?? { rate: new WriteRate(), samples: new Samples(), points: [] }
    this.#tracks.set(observation.id, track)
    track.rate.push(offset, middle(observation))
    track.pending = { offset, times: { askedAt: observation.askedAt, answeredAt: observation.answeredAt } }
  }

  /** Whether a new history began since the last call. */
  takeNewHistory(): boolean {
    const isNew = this.#isNewHistory
    this.#isNewHistory = false
    return isNew
  }

  get writes(): WriteFigures | undefined {
    return this.#writes.figures()
  }

  /** @param top the server that all lags are measured against */
  figures(node: TreeNode, top: TreeNode): ReplicaFigures {
    const { unknown, method } = basisOf(node, isCurrent(top) ? this.#master?.server : undefined)
    if (unknown === 'MASTER_UNKNOWN' && isCurrent(top)) return { unknown: showsOffset(top) ? 'TOO_EARLY' : 'NO_MASTER_OFFSET' }
    if (unknown) return { unknown }
    if (method === 'ack') return this.#byAck(node)
    const track = this.#tracks.get(node.seen?.id ?? '')
    if (!track?.lag) return { unknown: 'TOO_EARLY' }
    const trend = trendOf(track.points)
    const applied = track.rate.figures()?.average
    const summary = track.samples.summary()
    return { lag: track.lag, ...(trend && { trend }), ...(applied !== undefined && { applied }), ...(summary && { summary }) }
  }

  /** A fresh ACK is nearly exact; a stale ACK is only an upper bound. */
  #byAck({ listed }: TreeNode): ReplicaFigures {
    const ack = listed && this.#acks.get(listedName(listed))
    const newest = this.#master
    if (!ack || !newest || this.#curve.offset === undefined) return { unknown: 'NO_ACK' }
    const isFresh = newest.answeredAt - ack.times.answeredAt < FRESH_ACK_MS
    const lag = isFresh && ack.lag ? ack.lag : this.#ackLag(ack.offset, newest)
    return lag ? { lag } : { unknown: 'TOO_EARLY' }
  }

  #ackLag(offset: number, times: Asked): Lag | undefined {
    const bytes = Math.max(0, (this.#curve.offset ?? offset) - offset)
    // The same reply reported both offsets.
    const bounds = bytes === 0 ? { low: 0, high: 0 } : this.#curve.behind(offset, times)
    return bounds && { method: 'ack', bytes, mostBytes: bytes, bounds: { ...bounds, low: 0 } }
  }

  #recordAck(listed: ListedReplica, observation: Observation): void {
    const [address, offset] = [listedName(listed), listed.ackOffset]
    if (offset === undefined) return
    const before = this.#acks.get(address)
    if (offset === 0) this.#acks.delete(address)
    if (offset === 0 || before?.offset === offset) return
    const times = { askedAt: observation.askedAt, answeredAt: observation.answeredAt }
    this.#acks.set(address, { offset, times, lag: before ? this.#ackLag(offset, times) : undefined })
  }

  /** An observation of a replica counts only after a later query of the master. */
  #settle(track: Track): void {
    const { pending } = track
    if (!pending || !this.#master || this.#master.askedAt < pending.times.answeredAt) return
    track.pending = undefined
    const bounds = this.#curve.behind(pending.offset, pending.times)
    const masterOffset = this.#curve.at(middle(pending.times))
    if (!bounds || masterOffset === undefined) return
    const bytes = bounds.high === 0 ? 0 : Math.max(0, Math.round(masterOffset - pending.offset))
    const mostBytes = Math.max(0, (this.#curve.offset ?? 0) - pending.offset)
    track.lag = { method: 'info', bytes, mostBytes, bounds }
    track.samples.add(lagMs(track.lag) ?? bounds.low)
    track.points.push({ moment: middle(pending.times), bytes })
    if (track.points.length > TREND_POINTS) track.points.shift()
  }

  /** Observations of another history cannot be compared with this one. */
  #startHistory(): void {
    this.#isNewHistory = true
    this.#writes.clear()
    this.#acks.clear()
    for (const track of this.#tracks.values()) {
      track.rate.clear()
      track.points = []
      track.pending = track.lag = undefined
    }
  }
}

function replidOf({ history }: ServerInfo): string {
  return history?.replid ?? ''
}

function showsOffset({ seen }: TreeNode): boolean {
  return seen !== undefined && numberField(seen.server, 'master_repl_offset') !== undefined
}

/** Whether its last observation is current. */
function isCurrent({ seen, failure, silentMs }: TreeNode): boolean {
  return seen !== undefined && !failure && silentMs <= SILENT_MS
}

/** The method that can measure the replica, or why none can. */
function basisOf(node: TreeNode, master: ServerInfo | undefined): { unknown?: LagUnknown; method?: LagMethod } {
  const { seen, listed, isTool } = node
  if (isTool) return { unknown: 'TOOL' }
  if (!master) return { unknown: 'MASTER_UNKNOWN' }
  if (listed && phaseOf(listed) === 'syncing') return { unknown: 'SYNCING' }
  if (!seen || !isCurrent(node)) {
    if (!listed) return { unknown: 'NOT_ASKED' }
    return listed.ackOffset ? { method: 'ack' } : { unknown: 'NO_ACK' }
  }
  const link = seen.server.masterLink
  if (!link) return { unknown: 'NOT_A_REPLICA' }
  if (link.sync) return { unknown: 'SYNCING' }
  if (link.appliedOffset === undefined) return { unknown: 'NEVER_SYNCED' }
  return isOfHistory(seen.server, link.appliedOffset, master) ? { method: 'info' } : { unknown: 'OTHER_HISTORY' }
}

/** Offsets of different histories cannot be compared. Up to 3.2 a replica reports no replid, and counts as comparable. */
function isOfHistory(replica: ServerInfo, offset: number, { history }: ServerInfo): boolean {
  const replid = replica.fields.get('master_replid')
  if (replid === undefined || !history || replica.masterLink?.hasOwnHistory) return true
  if (isSameReplid(replid, history.replid)) return true
  return isSameReplid(replid, history.replid2) && offset < (history.secondOffset ?? 0)
}
