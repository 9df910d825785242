/** Everything that `lag` measures on one tree: offsets over time, and optionally the streams of both ends and markers. */

import type { LagReport, Observation, ReplicaReport, TreeNode } from '../diagnosis/lag/lag.ts'
import { LagMeter } from '../diagnosis/lag/meter.ts'
import { lagReport } from '../diagnosis/lag/report.ts'
import type { Access } from '../engine/ask/access.ts'
import { Informant } from '../engine/ask/informant.ts'
import { replSettings } from '../engine/ask/questions.ts'
import { ReplError } from '../errors.ts'
import { wallClock } from '../io/clock.ts'
import type { Settings } from '../protocol/settings.ts'
import type { AddressMap } from '../topology/address-map.ts'
import { Arrivals, type Attachment, type Barred, type Report } from './arrivals.ts'
import { Background } from './background.ts'
import { DownLinks } from './down-links.ts'
import { type MarkerCost, Markers } from './markers.ts'
import type { Tree } from './nodes.ts'
import { ResyncWatches } from './resync-watches.ts'
import { ReplicationTree } from './tree.ts'

export interface SurveyOptions {
  readonly entry: Attachment
  readonly replicas: () => readonly Access[]
  readonly addresses: AddressMap
  readonly resolutionMs: number
  readonly isAttached: boolean
  /** Receives the events of every attachment. */
  readonly report: Report
  /** Write the markers to `key`, or publish them without one. */
  readonly marker?: { readonly key?: string }
}

/** How often to query a replica; the master is queried at the resolution. */
const REPLICA_EVERY_MS = 100
/** Limit for all replicas together, so many replicas are queried less often. */
const QUESTIONS_PER_SECOND = 500

export class Survey {
  readonly #options: SurveyOptions
  readonly #signal: AbortSignal
  readonly #meter = new LagMeter()
  readonly #resyncs: ResyncWatches
  readonly #downLinks: DownLinks
  #tree: ReplicationTree | undefined
  #arrivals: Arrivals | undefined
  readonly #barred: Barred = new Map()
  #isClosed = false
  #markers: Markers | undefined
  /** The id of the master that arrivals and markers use now. */
  #masterId: string | undefined
  /** Or why they are not known. Undefined when INFO is not permitted, so that they cannot be judged. */
  settings: Settings | ReplError | undefined
  #hasAskedSettings = false
  readonly #askingSettings = new Background()

  private constructor(options: SurveyOptions, signal: AbortSignal) {
    this.#options = options
    this.#signal = signal
    this.#resyncs = new ResyncWatches(signal)
    this.#downLinks = new DownLinks((address) => options.addresses.access(address, options.entry), signal)
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

  /** Reports everything from the newest answers. */
  async look(): Promise<LagReport> {
    const tree = this.#look()
    // In the background, since a look must not wait for a server that hangs.
    if (isPassing(this.settings)) this.#askingSettings.start(() => this.#askSettings(tree))
    await this.#update(tree)
    await this.#downLinks.update(tree)
    const report = lagReport(tree, this.#meter, wallClock())
    const replicas = report.replicas.map((replica, index) => {
      const id = idOf(tree[index + 1])
      const arrivals = this.#arrivals?.figures(id)
      const markers = this.#markers?.figures(id)
      const masterAnswer = this.#downLinks.answer(replica.name)
      return {
        ...replica,
        ...(masterAnswer && { state: withoutLink(replica), masterAnswer }),
        ...(arrivals && { arrivals }),
        ...(markers && { markers }),
      }
    })
    const resyncs = this.#resyncs.reports(tree)
    return { ...report, replicas, ...(resyncs.length > 0 && { resyncs }) }
  }

  /** How the topmost server is reached. */
  get top(): Access | undefined {
    const [top] = this.#look()
    return this.#tree?.accessOf(top)
  }

  /** Undefined without markers. */
  get markerCost(): MarkerCost | undefined {
    return this.#markers?.cost
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#tree?.stop()
    await this.#askingSettings.idle()
    await Promise.all([this.#arrivals?.stop(), this.#markers?.stop(), this.#resyncs.stop(), this.#downLinks.stop()])
  }

  #look(): Tree {
    if (!this.#tree) throw new TypeError('a survey that was not opened')
    return this.#tree.look()
  }

  async #find(): Promise<void> {
    const { entry, replicas, addresses, resolutionMs } = this.#options
    const every = { masterEveryMs: resolutionMs, replicaEveryMs: REPLICA_EVERY_MS, questionsPerSecond: QUESTIONS_PER_SECOND }
    const onObservation = (observation: Observation, isTop: boolean) => {
      this.#resyncs.saw(observation)
      if (isTop) this.#meter.sawMaster(observation)
      else this.#meter.sawReplica(observation)
    }
    this.#tree = await ReplicationTree.find({ entry, replicas, addresses, ...every, onObservation }, this.#signal)
    await this.#askSettings(this.#look())
    this.#hasAskedSettings = true
    await this.#update(this.#look())
  }

  /** Makes arrivals and markers match the tree. */
  async #update(tree: Tree): Promise<void> {
    const [top, ...others] = tree
    const access = this.#tree?.accessOf(top)
    if (this.#masterId !== idOf(top) && access && top.seen) await this.#switchMaster(top, access)
    const reachable = others.flatMap((node) => {
      const to = this.#tree?.accessOf(node)
      return node.seen && !node.failure && to ? [{ id: idOf(node), access: to }] : []
    })
    for (const { id, access: to } of reachable) {
      this.#arrivals?.add(id, { ...this.#options.entry, ...to })
      this.#markers?.add(id, to)
    }
    const { settings } = this
    const known = { settings: settings instanceof ReplError ? undefined : settings }
    const areAsked = this.#hasAskedSettings && !isPassing(settings)
    this.#resyncs.update(tree, (node) => this.#tree?.accessOf(node), areAsked ? known : undefined)
    const ids = new Set(others.map(idOf))
    this.#arrivals?.keep(ids)
    this.#markers?.keep(ids)
  }

  /** Restarts arrivals and markers on a new master. */
  async #switchMaster(top: TreeNode, access: Access): Promise<void> {
    const { isAttached, marker, entry } = this.#options
    this.#masterId = idOf(top)
    await Promise.all([this.#arrivals?.stop(), this.#markers?.stop()])
    if (this.#isClosed) return
    const shared = { report: this.#options.report, barred: this.#barred }
    this.#arrivals = isAttached ? new Arrivals({ ...entry, ...access }, shared, this.#signal) : undefined
    const isCluster = top.seen !== undefined && top.seen.server.identity.mode === 'cluster'
    if (marker && marker.key === undefined && isCluster) throw new ReplError('MARKER_IN_CLUSTER', { endpoint: top.name })
    this.#markers = marker ? new Markers(access, marker.key, this.#signal) : undefined
  }

  /** @throws ReplError SEVERAL_SERVERS if the address of the topmost server leads to another one too */
  async #askSettings([top]: Tree): Promise<void> {
    const access = this.#tree?.accessOf(top)
    // The settings are judged together with INFO, which ROLE replaces only in part.
    if (this.#isClosed || !access || !top.seen || top.seen.isByRole) return
    const informant = new Informant(access, this.#signal)
    try {
      if (access.expected) await informant.meet(access.expected)
      const found = await replSettings(informant, top.seen.server.identity, ...ADVICE_SETTINGS)
      this.settings = informant.unanswered ?? found
    } finally {
      informant.close()
    }
  }
}

/** The connection failed, and the next one may work. The server's own refusal stays. */
function isPassing(settings: Settings | ReplError | undefined): boolean {
  return settings instanceof ReplError && !('reply' in settings.details && settings.details.command === 'CONFIG')
}

/** The settings that lag-advice.ts judges, besides `repl-*`. */
const ADVICE_SETTINGS = ['client-output-buffer-limit', 'min-replicas-*', 'min-slaves-*']

/** A replica that its master refuses tries SYNC after PSYNC, so its INFO shows a sync for a moment (replication.c, syncWithMaster). */
function withoutLink({ state }: ReplicaReport): ReplicaReport['state'] {
  return state === 'syncing' ? 'link-down' : state
}

function idOf(node: TreeNode | undefined): string {
  return node?.seen?.id ?? node?.name ?? ''
}
