/** Surveys a cluster: one tree per shard. */
import { type LagReport, type ReplicaReport, SILENT_MS } from '../diagnosis/lag/lag.ts'
import type { Access } from '../engine/ask/access.ts'
import { expectReplError, ignoreFailure, type ReplError, stopIfAborted } from '../errors.ts'
import { now, waitFor, wallClock } from '../io/clock.ts'
import { type ClusterNode, nodesOf, ownsShard, type Shard } from '../protocol/cluster/cluster-map.ts'
import { keyWithin } from '../protocol/cluster/hash-slot.ts'
import { addressName } from '../topology/address-map.ts'
import type { Cluster } from '../topology/cluster.ts'
import { ShardSource } from '../topology/shard-source.ts'
import { Background } from './background.ts'
import { SourceSurvey, type SurveyResult, type SurveySettings, type Surveys } from './source-survey.ts'

interface ShardSurvey {
  readonly source: ShardSource
  survey: SourceSurvey | undefined
  /** Why there is no survey. */
  failure: ReplError | undefined
  /** Why the replicas of its map cannot be asked, by name. */
  failures: Map<string, ReplError>
  shard: Shard
  readonly opening: Background
  /** When we began to ask it. */
  readonly since: number
}

export class ClusterSurvey implements Surveys {
  readonly #cluster: Cluster
  readonly #settings: SurveySettings
  readonly #signal: AbortSignal
  readonly #stop = new AbortController()
  #shards: ShardSurvey[] = []

  private constructor(cluster: Cluster, settings: SurveySettings, signal: AbortSignal) {
    this.#cluster = cluster
    this.#settings = settings
    this.#signal = AbortSignal.any([signal, this.#stop.signal])
  }

  /** A shard that cannot be queried becomes a report of its failure. @throws ReplError when no node can be queried */
  static async open(cluster: Cluster, settings: SurveySettings, signal: AbortSignal): Promise<ClusterSurvey> {
    const surveys = new ClusterSurvey(cluster, settings, signal)
    try {
      await surveys.#update(await cluster.look())
      await Promise.all(surveys.#shards.map(({ opening }) => opening.idle()))
      return surveys
    } catch (error) {
      await surveys.close()
      throw error
    }
  }

  async look(): Promise<readonly SurveyResult[]> {
    // A cluster that cannot be queried counts as unchanged.
    const newest = await this.#cluster.look().catch(ignoreFailure)
    stopIfAborted(this.#signal)
    if (newest) await this.#update(newest)
    return await Promise.all(this.#shards.map((one) => this.#lookAt(one)))
  }

  async close(): Promise<void> {
    this.#stop.abort('closed')
    this.#cluster.close()
    const close = async (one: ShardSurvey) => {
      await one.opening.idle() // it may still set the survey
      await one.survey?.close()
    }
    await Promise.all(this.#shards.map(close))
  }

  /** Makes the surveys match the cluster: one per shard, in slot order. */
  async #update(newest: readonly Shard[]): Promise<void> {
    const known = this.#shards
    this.#shards = newest.map((shard) => {
      const existing = known.find(({ source }) => ownsShard(shard, source.nodes))
      if (existing) existing.shard = shard
      return (
        existing ?? {
          source: new ShardSource(this.#cluster, shard),
          survey: undefined,
          failure: undefined,
          failures: new Map(),
          shard,
          opening: new Background(),
          since: now(),
        }
      )
    })
    await Promise.all(known.filter((one) => !this.#shards.includes(one)).map(({ survey }) => survey?.close()))
    // In the background: a look must not wait for a shard that hangs.
    for (const one of this.#shards) if (!one.survey) one.opening.start(() => this.#open(one))
  }

  /** A shard that has just joined gets a moment to answer for the first time. */
  async #lookAt(one: ShardSurvey): Promise<SurveyResult> {
    if (!one.survey && !one.failure) await waitFor(one.opening.idle(), SILENT_MS, this.#signal)
    return await look(one)
  }

  /** Begins at the master, or else at the first replica of the map that answers. */
  async #open(one: ShardSurvey): Promise<void> {
    const { source, shard } = one
    const { marker, replicas } = this.#settings
    const settings = {
      ...this.#settings,
      // A master soon forgets a replica that is gone. The cluster still lists it.
      replicas: () => [...replicas(), ...this.#lost(one.shard)],
      ...(marker?.key !== undefined && { marker: { key: keyWithin(marker.key, shard.slots) } }),
    }
    try {
      one.survey = await SourceSurvey.open(source, settings, this.#signal)
    } catch (error) {
      one.failure = expectReplError(error)
      await this.#openAtReplica(one, settings)
    }
    // The shard may have lost its slots meanwhile.
    if (!this.#shards.includes(one)) await one.survey?.close()
  }

  /** The replicas that the cluster calls unhealthy. */
  #lost({ replicas }: Shard): Access[] {
    return replicas.filter(({ isHealthy }) => !isHealthy).map((replica) => this.#cluster.access(replica))
  }

  /** Without its master no list shows the replicas, so those of the map are asked. A map may call a replica unhealthy that answers. */
  async #openAtReplica(one: ShardSurvey, settings: SurveySettings): Promise<void> {
    const entries = one.shard.replicas.map((replica) => ({ name: nodeName(replica), access: this.#cluster.access(replica) }))
    one.failures = new Map()
    for (const { name, access } of entries) {
      if (one.survey) return
      const others = entries.map((entry) => entry.access).filter((other) => other !== access)
      try {
        const withOthers = { ...settings, replicas: () => [...settings.replicas(), ...others] }
        one.survey = await SourceSurvey.from(access, one.source, withOthers, this.#signal)
      } catch (error) {
        one.failures.set(name, expectReplError(error))
      }
    }
  }
}

function nodeName({ id, host, port }: ClusterNode): string {
  return host === undefined ? id : addressName({ host, port })
}

async function look(one: ShardSurvey): Promise<SurveyResult> {
  const { survey, shard } = one
  const surveyed = survey ? (await survey.look())[0] : { report: failureReport(one), settings: undefined, markerCost: undefined }
  const node = shard.master?.id ?? [...nodesOf(shard)][0] ?? ''
  return { ...surveyed, shard: { node, slots: shard.slots } }
}

/** The report for a tree without any server that answers. */
function failureReport({ source: { name }, failure, failures, since }: ShardSurvey): LagReport {
  const silentMs = failure ? 0 : now() - since
  const master = { name, silentMs, isReplica: false, ...(failure && { failure: failure.with({ endpoint: name }) }) }
  const replicas = [...failures].map(([replica, error]): ReplicaReport => {
    return { name: replica, upstream: name, depth: 1, state: 'unreachable', failure: error, silentMs: 0, unknown: 'MASTER_UNKNOWN' }
  })
  return { at: wallClock(), master, replicas, isNewHistory: false }
}
