/** Everything that `lag` keeps an eye on: the tree, the offsets over time, and, where asked for, the streams of both ends and markers. */
import type { LagReport, Sighting, Spot } from '../diagnosis/lag/lag.ts'
import { LagMeter } from '../diagnosis/lag/meter.ts'
import { lagReport } from '../diagnosis/lag/report.ts'
import { Informant } from '../engine/ask/informant.ts'
import type { Access } from '../engine/options.ts'
import { ReplError } from '../errors.ts'
import type { Settings } from '../handshake/guard.ts'
import { wallClock } from '../io/clock.ts'
import { identityFromInfo } from '../protocol/info/server-facts.ts'
import type { AddressMap } from '../topology/address-map.ts'
import { Arrivals, type Attachment, type Tell } from './arrivals.ts'
import { Landscape } from './landscape.ts'
import { type MarkerCost, Markers } from './markers.ts'
import type { Tree } from './spots.ts'

export interface SurveyOptions {
  readonly entry: Attachment
  readonly replicas: readonly Access[]
  readonly addresses: AddressMap
  readonly resolutionMs: number
  readonly isAttached: boolean
  /** What is said when it attaches. */
  readonly tell: Tell
  /** A marker is published, or written to this key. */
  readonly marker?: { readonly key?: string }
}

/** How often a replica is asked; the master is at the resolution. */
const REPLICA_EVERY_MS = 100
/** Of many, less often. */
const QUESTIONS_PER_SECOND = 500

export class Survey {
  readonly #options: SurveyOptions
  readonly #signal: AbortSignal
  readonly #meter = new LagMeter()
  #landscape: Landscape | undefined
  #arrivals: Arrivals | undefined
  #markers: Markers | undefined
  /** Of the server that is attached to and written to now. */
  #masterId: string | undefined
  /** Undefined where CONFIG is not permitted. */
  settings: Settings | undefined

  private constructor(options: SurveyOptions, signal: AbortSignal) {
    this.#options = options
    this.#signal = signal
  }

  /** @throws ReplError of the server that the user named. */
  static async open(options: SurveyOptions, signal: AbortSignal): Promise<Survey> {
    const survey = new Survey(options, signal)
    try {
      await survey.#find()
      return survey
    } catch (error) {
      await survey.close()
      throw error
    }
  }

  /** A look at everything, now. */
  async look(): Promise<LagReport> {
    const tree = this.#look()
    await this.#follow(tree)
    const report = lagReport(tree, this.#meter, wallClock())
    const spots = new Map(tree.map((spot) => [spot.name, spot]))
    const replicas = report.replicas.map((replica) => {
      const id = idOf(spots.get(replica.name))
      const arrivals = this.#arrivals?.figures(id)
      const markers = this.#markers?.figures(id)
      return { ...replica, ...(arrivals && { arrivals }), ...(markers && { markers }) }
    })
    return { ...report, replicas }
  }

  /** How the topmost server is reached. */
  get top(): Access | undefined {
    const [top] = this.#look()
    return this.#landscape?.accessOf(top)
  }

  /** What the markers took. */
  get markerCost(): MarkerCost | undefined {
    return this.#markers?.cost
  }

  async close(): Promise<void> {
    this.#landscape?.stop()
    await Promise.all([this.#arrivals?.stop(), this.#markers?.stop()])
  }

  #look(): Tree {
    if (!this.#landscape) throw new TypeError('a survey that was not opened')
    return this.#landscape.look()
  }

  async #find(): Promise<void> {
    const { entry, replicas, addresses, resolutionMs } = this.#options
    const every = { masterEveryMs: resolutionMs, replicaEveryMs: REPLICA_EVERY_MS, questionsPerSecond: QUESTIONS_PER_SECOND }
    const onSight = (sighting: Sighting, isTop: boolean) => (isTop ? this.#meter.sawMaster(sighting) : this.#meter.sawReplica(sighting))
    this.#landscape = await Landscape.find({ entry, replicas, addresses, ...every, onSight }, this.#signal)
    const tree = this.#look()
    await this.#follow(tree)
    this.settings = await this.#ask(tree[0])
  }

  /** What is measured follows the tree. */
  async #follow(tree: Tree): Promise<void> {
    const [top, ...others] = tree
    const access = this.#landscape?.accessOf(top)
    if (this.#masterId !== idOf(top) && access && top.seen) await this.#attend(top, access)
    const reachable = others.flatMap((spot) => {
      const to = this.#landscape?.accessOf(spot)
      return spot.seen && !spot.failure && to ? [{ id: idOf(spot), access: to }] : []
    })
    for (const { id, access: to } of reachable) {
      this.#arrivals?.add(id, { ...this.#options.entry, ...to })
      this.#markers?.add(id, to)
    }
    const ids = new Set(others.map(idOf))
    this.#arrivals?.keep(ids)
    this.#markers?.keep(ids)
  }

  /** Another server is the master now. */
  async #attend(top: Spot, access: Access): Promise<void> {
    const { isAttached, marker, entry } = this.#options
    this.#masterId = idOf(top)
    await Promise.all([this.#arrivals?.stop(), this.#markers?.stop()])
    this.#arrivals = isAttached ? new Arrivals({ ...entry, ...access }, this.#options.tell, this.#signal) : undefined
    const isCluster = top.seen !== undefined && identityFromInfo(top.seen.info).mode === 'cluster'
    if (marker && marker.key === undefined && isCluster) throw new ReplError('MARKER_IN_CLUSTER', { endpoint: top.name })
    this.#markers = marker ? new Markers(access, marker.key, this.#signal) : undefined
  }

  async #ask(top: Spot): Promise<Settings | undefined> {
    const access = this.#landscape?.accessOf(top)
    if (!access || !top.seen) return undefined
    const informant = new Informant(access, this.#signal)
    try {
      return await informant.replSettings(identityFromInfo(top.seen.info), ...JUDGED)
    } finally {
      informant.close()
    }
  }
}

/** The settings that lag-advice.ts judges, besides `repl-*`. */
const JUDGED = ['client-output-buffer-limit', 'min-replicas-*', 'min-slaves-*']

function idOf(spot: Spot | undefined): string {
  return spot?.seen?.id ?? spot?.name ?? ''
}
