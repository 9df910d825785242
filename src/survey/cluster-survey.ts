/** Surveys a cluster: one tree per shard. */
import { type LagReport, SILENT_MS } from '../diagnosis/lag/lag.ts'
import { expectReplError, ignoreFailure, type ReplError, stopIfAborted } from '../errors.ts'
import { now, waitFor, wallClock } from '../io/clock.ts'
import { nodesOf, ownsShard, type Shard } from '../protocol/cluster/cluster-map.ts'
import { keyWithin } from '../protocol/cluster/hash-slot.ts'
import type { Cluster } from '../topology/cluster.ts'
import { ShardSource } from '../topology/shard-source.ts'
import { Background } from './background.ts'
import { SourceSurvey, type SurveyResult, type SurveySettings, type Surveys } from './source-survey.ts'

interface ShardSurvey {
  readonly source: ShardSource
  survey: SourceSurvey | undefined
  /** Why there is no survey. */
  failure: ReplError | undefined
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

  /** Begins at the master, or else at the first healthy replica that answers. */
  async #open(one: ShardSurvey): Promise<void> {
    const { source, shard } = one
    const key = this.#settings.marker?.key
    const settings = key === undefined ? this.#settings : { ...this.#settings, marker: { key: keyWithin(key, shard.slots) } }
    try {
      one.survey = await SourceSurvey.open(source, settings, this.#signal)
    } catch (error) {
      one.failure = expectReplError(error)
      for (const replica of shard.replicas.filter(({ isHealthy }) => isHealthy)) {
        const entry = this.#cluster.access(replica)
        one.survey ??= await SourceSurvey.from(entry, source, settings, this.#signal).catch(ignoreFailure)
      }
    }
    // The shard may have lost its slots meanwhile.
    if (!this.#shards.includes(one)) await one.survey?.close()
  }
}

async function look({ survey, failure, source, since, shard: { master, slots, ...shard } }: ShardSurvey): Promise<SurveyResult> {
  const silentMs = failure ? 0 : now() - since
  const surveyed = survey
    ? (await survey.look())[0]
    : { report: failureReport(source.name, failure, silentMs), settings: undefined, markerCost: undefined }
  const node = master?.id ?? [...nodesOf({ slots, ...shard })][0] ?? ''
  return { ...surveyed, shard: { node, slots } }
}

/** The report for a tree without any server that answers. */
function failureReport(name: string, failure: ReplError | undefined, silentMs: number): LagReport {
  const master = { name, silentMs, isReplica: false, ...(failure && { failure: failure.with({ endpoint: name }) }) }
  return { at: wallClock(), master, replicas: [], isNewHistory: false }
}
