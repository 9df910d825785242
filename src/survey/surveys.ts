/** The trees that `lag` looks at: that of one source, or one for each shard of a cluster, as they are now. */
import type { LagReport } from '../diagnosis/lag/lag.ts'
import type { Access } from '../engine/options.ts'
import type { Source } from '../engine/source.ts'
import { type ReplError, replErrorOf, stopIfAborted } from '../errors.ts'
import type { Settings } from '../handshake/guard.ts'
import { now, wallClock } from '../io/clock.ts'
import { nodesOf, ownsShard, type Shard, type SlotRange } from '../protocol/cluster/cluster-map.ts'
import { keyWithin } from '../protocol/cluster/hash-slot.ts'
import type { Cluster } from '../topology/cluster.ts'
import { ShardSource } from '../topology/shard-source.ts'
import type { MarkerCost } from './markers.ts'
import { Survey, type SurveyOptions } from './survey.ts'

/** How each tree is surveyed; where it begins is found out. */
export type SurveyManners = Omit<SurveyOptions, 'entry'> & { readonly entry: Omit<SurveyOptions['entry'], keyof Access> }

export interface Surveyed {
  readonly report: LagReport
  /** Of the master, where CONFIG is permitted. */
  readonly settings: Settings | undefined
  readonly markerCost: MarkerCost | undefined
  /** Of a cluster. */
  readonly shard?: { readonly node: string; readonly slots: readonly SlotRange[] }
}

export interface Surveys {
  look(): Promise<readonly Surveyed[]>
  close(): Promise<void>
}

/** How often a source is asked whether its server is still the right one. */
const MOVED_EVERY_MS = 1000

/** The tree of wherever a source leads to, also when that becomes another. */
export class SourceSurvey implements Surveys {
  readonly #source: Source
  readonly #manners: SurveyManners
  readonly #signal: AbortSignal
  #survey: Survey
  #entry: Access
  #askedAt = now()

  private constructor(source: Source, manners: SurveyManners, entry: Access, survey: Survey, signal: AbortSignal) {
    this.#source = source
    this.#manners = manners
    this.#entry = entry
    this.#survey = survey
    this.#signal = signal
  }

  /** @throws ReplError of the source, or of the server that it has named */
  static async open(source: Source, manners: SurveyManners, signal: AbortSignal): Promise<SourceSurvey> {
    const { access, choices = [] } = await source.find(signal)
    for (const choice of choices) manners.tell(source.name, { type: 'source', at: now(), ...choice })
    return await SourceSurvey.from(access, source, manners, signal)
  }

  /** From a server of the tree that need not be its master. @throws ReplError of that server */
  static async from(entry: Access, source: Source, manners: SurveyManners, signal: AbortSignal): Promise<SourceSurvey> {
    const survey = await Survey.open({ ...manners, entry: { ...manners.entry, ...entry } }, signal)
    return new SourceSurvey(source, manners, entry, survey, signal)
  }

  async look(): Promise<readonly [Surveyed]> {
    await this.#moveOn()
    const report = await this.#survey.look()
    return [{ report, settings: this.#survey.settings, markerCost: this.#survey.markerCost }]
  }

  async close(): Promise<void> {
    this.#source.close?.()
    await this.#survey.close()
  }

  /** A master that was replaced may wake up as one, and would be looked at for ever. */
  async #moveOn(): Promise<void> {
    if (!this.#source.hasMoved || now() - this.#askedAt < MOVED_EVERY_MS) return
    this.#askedAt = now()
    try {
      // A server may be known by two names: to the source, and to the tree.
      const known = [this.#entry, this.#survey.top ?? this.#entry]
      for (const access of known) if (!(await this.#source.hasMoved(access, this.#signal))) return
      const { access } = await this.#source.find(this.#signal)
      const next = await Survey.open({ ...this.#manners, entry: { ...this.#manners.entry, ...access } }, this.#signal)
      await this.#survey.close()
      this.#survey = next
      this.#entry = access
    } catch {
      // Nobody could be asked, or not there yet: what is looked at shows what is wrong with it.
      stopIfAborted(this.#signal)
    }
  }
}

interface ShardSurvey {
  readonly source: ShardSource
  survey: SourceSurvey | undefined
  /** Why there is none. */
  failure: ReplError | undefined
  shard: Shard
}

export class ClusterSurveys implements Surveys {
  readonly #cluster: Cluster
  readonly #manners: SurveyManners
  readonly #signal: AbortSignal
  #shards: ShardSurvey[] = []

  private constructor(cluster: Cluster, manners: SurveyManners, signal: AbortSignal) {
    this.#cluster = cluster
    this.#manners = manners
    this.#signal = signal
  }

  /** @throws ReplError when no node of the cluster can be asked; a shard that cannot be is a report */
  static async open(cluster: Cluster, manners: SurveyManners, signal: AbortSignal): Promise<ClusterSurveys> {
    const surveys = new ClusterSurveys(cluster, manners, signal)
    try {
      await surveys.#follow(await cluster.look())
      return surveys
    } catch (error) {
      await surveys.close()
      throw error
    }
  }

  async look(): Promise<readonly Surveyed[]> {
    const seen = await this.#cluster.look().catch(() => undefined)
    stopIfAborted(this.#signal)
    if (seen) await this.#follow(seen)
    return await Promise.all(this.#shards.map((one) => look(one)))
  }

  async close(): Promise<void> {
    this.#cluster.close()
    await Promise.all(this.#shards.map(({ survey }) => survey?.close()))
  }

  /** One survey for each shard that there is, in the order of their slots. */
  async #follow(seen: readonly Shard[]): Promise<void> {
    const known = this.#shards
    this.#shards = seen.map((shard) => {
      const found = known.find(({ source }) => ownsShard(shard, source.nodes))
      if (found) found.shard = shard
      return found ?? { source: new ShardSource(this.#cluster, shard), survey: undefined, failure: undefined, shard }
    })
    await Promise.all(known.filter((one) => !this.#shards.includes(one)).map(({ survey }) => survey?.close()))
    await Promise.all(this.#shards.filter(({ survey }) => !survey).map((one) => this.#open(one)))
  }

  /** From its master, or else from whichever of its replicas can be asked. */
  async #open(one: ShardSurvey): Promise<void> {
    const { source, shard } = one
    const key = this.#manners.marker?.key
    const manners = key === undefined ? this.#manners : { ...this.#manners, marker: { key: keyWithin(key, shard.slots) } }
    try {
      one.survey = await SourceSurvey.open(source, manners, this.#signal)
    } catch (error) {
      one.failure = replErrorOf(error)
      for (const replica of shard.replicas.filter(({ isHealthy }) => isHealthy)) {
        const entry = this.#cluster.access(replica)
        one.survey ??= await SourceSurvey.from(entry, source, manners, this.#signal).catch(() => undefined)
      }
      stopIfAborted(this.#signal)
    }
  }
}

async function look({ survey, failure, source, shard: { master, slots, ...shard } }: ShardSurvey): Promise<Surveyed> {
  const surveyed = survey ? (await survey.look())[0] : { report: lost(source.name, failure), settings: undefined, markerCost: undefined }
  const node = master?.id ?? [...nodesOf({ slots, ...shard })][0] ?? ''
  return { ...surveyed, shard: { node, slots } }
}

/** A tree of which nobody can be asked. */
function lost(name: string, failure: ReplError | undefined): LagReport {
  const master = { name, silentMs: 0, isReplica: false, ...(failure && { failure: failure.with({ endpoint: name }) }) }
  return { at: wallClock(), master, replicas: [], isNewHistory: false }
}
