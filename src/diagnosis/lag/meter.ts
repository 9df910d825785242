/**
 * Keeps what was seen of a master and its replicas over time, and makes each replica's lag of it: milliseconds by the curve of the
 * master's offset, bytes by the same.
 */
import { isSameReplid } from '../../protocol/history.ts'
import { numberIn, type ServerInfo } from '../../protocol/info/server-info.ts'
import { type Lag, type LagMethod, type LagUnknown, lagMs, type Observation, SILENT_MS, type TreeNode } from './lag.ts'
import { type Asked, middle, OffsetCurve } from './offset-curve.ts'
import { Samples, type Summary } from './quantile.ts'
import { type Point, type Trend, trendOf } from './trend.ts'
import { type WriteFigures, WriteRate } from './write-rate.ts'

/** Over how many looks a trend is told. */
const TREND_POINTS = 100
/** A replica sends one each second; an ACK older than this is stale. */
const FRESH_ACK_MS = 1500

/** What is known of one replica. */
interface Track {
  readonly rate: WriteRate
  readonly samples: Samples
  points: Point[]
  /** Waits for the master to be looked at once more. */
  pending?: { readonly offset: number; readonly asked: Asked } | undefined
  lag?: Lag | undefined
}

/** What a replica has told its master, and the look that first showed it. */
interface Ack {
  readonly offset: number
  readonly asked: Asked
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
  /** By the id of a observation. */
  readonly #tracks = new Map<string, Track>()
  /** By the address that the master lists. */
  readonly #acks = new Map<string, Ack>()
  #master: Observation | undefined
  #isNewHistory = false

  /** The server that all are measured against. */
  sawMaster(observation: Observation): void {
    const offset = numberIn(observation.server, 'master_repl_offset')
    if (offset === undefined) return
    const isRenamed = this.#master !== undefined && !isSameReplid(replidOf(this.#master.server), replidOf(observation.server))
    if (isRenamed) this.#curve.clear()
    const isOnward = this.#curve.push(offset, observation)
    if (isRenamed || !isOnward) this.#begin()
    this.#writes.push(offset, middle(observation))
    this.#master = observation
    for (const track of this.#tracks.values()) this.#settle(track)
    for (const { host, port, ackOffset } of observation.server.replicas) this.#heard(`${host}:${port}`, ackOffset, observation)
  }

  sawReplica(observation: Observation): void {
    const offset = observation.server.masterLink?.appliedOffset
    if (offset === undefined) return
    const track = this.#tracks.get(observation.id) ?? { rate: new WriteRate(), samples: new Samples(), points: [] }
    this.#tracks.set(observation.id, track)
    track.rate.push(offset, middle(observation))
    track.pending = { offset, asked: { askedAt: observation.askedAt, answeredAt: observation.answeredAt } }
  }

  /** Whether the history began anew since this was asked last. */
  takeNewHistory(): boolean {
    const is = this.#isNewHistory
    this.#isNewHistory = false
    return is
  }

  get writes(): WriteFigures | undefined {
    return this.#writes.figures()
  }

  /** @param top the server that all are measured against */
  figures(node: TreeNode, top: TreeNode): ReplicaFigures {
    const { unknown, method } = basisOf(node, isKnown(top) ? this.#master?.server : undefined)
    if (unknown) return { unknown: unknown === 'MASTER_UNKNOWN' && isKnown(top) ? 'TOO_EARLY' : unknown }
    if (method === 'ack') return this.#byAck(node)
    const track = this.#tracks.get(node.seen?.id ?? '')
    if (!track?.lag) return { unknown: 'TOO_EARLY' }
    const trend = trendOf(track.points)
    const applied = track.rate.figures()?.average
    const summary = track.samples.summary()
    return { lag: track.lag, ...(trend && { trend }), ...(applied !== undefined && { applied }), ...(summary && { summary }) }
  }

  /** Right when it came it is nearly the truth; later it is only an upper bound. */
  #byAck({ listed }: TreeNode): ReplicaFigures {
    const ack = listed && this.#acks.get(`${listed.host}:${listed.port}`)
    const newest = this.#master
    if (!ack || !newest || this.#curve.offset === undefined) return { unknown: 'NO_ACK' }
    const isFresh = newest.answeredAt - ack.asked.answeredAt < FRESH_ACK_MS
    const lag = isFresh && ack.lag ? ack.lag : this.#ackLag(ack.offset, newest)
    return lag ? { lag } : { unknown: 'TOO_EARLY' }
  }

  #ackLag(offset: number, asked: Asked): Lag | undefined {
    const bytes = Math.max(0, (this.#curve.offset ?? offset) - offset)
    // One answer told both offsets.
    const bounds = bytes === 0 ? { low: 0, high: 0 } : this.#curve.behind(offset, asked)
    return bounds && { method: 'ack', bytes, mostBytes: bytes, bounds: { ...bounds, low: 0 } }
  }

  #heard(address: string, offset: number, observation: Observation): void {
    const before = this.#acks.get(address)
    if (offset === 0) this.#acks.delete(address)
    if (offset === 0 || before?.offset === offset) return
    const asked = { askedAt: observation.askedAt, answeredAt: observation.answeredAt }
    this.#acks.set(address, { offset, asked, lag: before ? this.#ackLag(offset, asked) : undefined })
  }

  /** A look at a replica counts when the master has been looked at after it. */
  #settle(track: Track): void {
    const { pending } = track
    if (!pending || !this.#master || this.#master.askedAt < pending.asked.answeredAt) return
    track.pending = undefined
    const bounds = this.#curve.behind(pending.offset, pending.asked)
    const masterOffset = this.#curve.at(middle(pending.asked))
    if (!bounds || masterOffset === undefined) return
    const bytes = bounds.high === 0 ? 0 : Math.max(0, Math.round(masterOffset - pending.offset))
    const mostBytes = Math.max(0, (this.#curve.offset ?? 0) - pending.offset)
    track.lag = { method: 'info', bytes, mostBytes, bounds }
    track.samples.add(lagMs(track.lag) ?? bounds.low)
    track.points.push({ moment: middle(pending.asked), bytes })
    if (track.points.length > TREND_POINTS) track.points.shift()
  }

  /** Nothing that was seen of another history can be compared with this one. */
  #begin(): void {
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

/** Whether what it said last is what is so. */
function isKnown({ seen, failure, silentMs }: TreeNode): boolean {
  return seen !== undefined && !failure && silentMs <= SILENT_MS
}

/** By what it can be measured, or why by nothing. */
function basisOf(node: TreeNode, master: ServerInfo | undefined): { unknown?: LagUnknown; method?: LagMethod } {
  const { seen, listed, isTool } = node
  if (isTool) return { unknown: 'TOOL' }
  if (!master) return { unknown: 'MASTER_UNKNOWN' }
  if (listed && listed.state !== 'online') return { unknown: 'SYNCING' }
  if (!seen || !isKnown(node)) {
    if (!listed) return { unknown: 'NOT_ASKED' }
    return listed.ackOffset === 0 ? { unknown: 'NO_ACK' } : { method: 'ack' }
  }
  const link = seen.server.masterLink
  if (!link) return { unknown: 'NOT_A_REPLICA' }
  if (link.sync) return { unknown: 'SYNCING' }
  if (link.appliedOffset === undefined) return { unknown: 'NEVER_SYNCED' }
  return isOfHistory(seen.server, link.appliedOffset, master) ? { method: 'info' } : { unknown: 'OTHER_HISTORY' }
}

/** Offsets of two histories have nothing to do with each other; up to 3.2 a replica does not tell which it has. */
function isOfHistory(replica: ServerInfo, offset: number, { history }: ServerInfo): boolean {
  const replid = replica.fields.get('master_replid')
  if (replid === undefined || !history) return true
  if (isSameReplid(replid, history.replid)) return true
  return isSameReplid(replid, history.replid2) && offset < (history.secondOffset ?? 0)
}
