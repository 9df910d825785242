/** `tail --cluster`: every shard's stream in one output, with one checkpoint. */
import { join } from 'node:path'
import { type Checkpoint, CLUSTER_STATE_SCHEMA, clusterCheckpoint, type ShardPosition, shardsIn } from '../../engine/follow/checkpoint.ts'
import type { HistoryPipeline } from '../../engine/follow/pipeline.ts'
import { type ShardSource as Feed, type ServedSlots, ShardsFollower } from '../../engine/follow/shards.ts'
import type { Start } from '../../engine/follow/start.ts'
import { makeFolder } from '../../io/sinks/folder.ts'
import { readState } from '../../io/sinks/state-file.ts'
import { jsonLine } from '../../render/base/json-line.ts'
import { printable } from '../../render/base/printable.ts'
import { shardsRecord } from '../../render/tail/json.ts'
import type { Resume } from '../../render/tail/notes.ts'
import type { ReachableShard } from '../../topology/cluster.ts'
import { ShardSource } from '../../topology/shard-source.ts'
import { findShards } from '../shards.ts'
import { hasRecords } from './plan.ts'
import type { RdbTarget } from './rdb-target.ts'
import type { Followed, TailSession } from './session.ts'

export class ShardTails implements Followed {
  readonly #session: TailSession
  readonly #saved: readonly ShardPosition[] | undefined
  #follower: ShardsFollower | undefined

  private constructor(session: TailSession, saved: readonly ShardPosition[] | undefined) {
    this.#session = session
    this.#saved = saved
  }

  /** Contacts no server. @throws ReplError USAGE, OUTPUT_FAILED */
  static async open(session: TailSession): Promise<ShardTails> {
    const { statePath, rdb } = session.plan
    const saved = statePath === undefined ? undefined : await readState(statePath, CLUSTER_STATE_SCHEMA, shardsIn)
    if (rdb) await makeFolder(rdb.path)
    return new ShardTails(session, saved)
  }

  get pipelines(): readonly HistoryPipeline[] {
    return this.#follower?.pipelines ?? []
  }

  get checkpoint(): Checkpoint | undefined {
    const positions = this.#follower?.positions ?? []
    return positions.length === 0 ? undefined : clusterCheckpoint(positions)
  }

  get resume(): Resume {
    const { statePath } = this.#session.plan
    return statePath === undefined ? { kind: 'none' } : { kind: 'checkpoint', path: statePath }
  }

  /** @throws ReplError of the cluster and its shards; OUTPUT_EXISTS */
  async run(): Promise<void> {
    const { connection, plan, report, signal } = this.#session
    const { cluster, shards } = await findShards(connection, signal)
    connection.source.close?.()
    this.#follower = new ShardsFollower(
      {
        map: { look: () => cluster.look(), source: (shard) => new ShardSource(cluster, shard) },
        shards,
        saved: this.#saved,
        first: plan.first,
        open: (source, start, shard, parts) => this.#open(source, start, shard, parts),
        changed: (change) => report.text?.shardChange(change),
        mapped: (served) => this.#writeMap(served),
      },
      signal,
    )
    try {
      await this.#checkFiles(shards)
      await this.#follower.run()
    } finally {
      cluster.close()
    }
  }

  /** Finds an existing file now, and not at the first gap. @throws ReplError OUTPUT_EXISTS */
  async #checkFiles(shards: readonly ReachableShard[]): Promise<void> {
    const { first, follow } = this.#session.plan
    // With a checkpoint, existing files come from an earlier run of this command.
    if (this.#saved || (first.kind !== 'snapshot' && follow.onGap !== 'resync')) return
    for (const { master } of shards) await this.#rdb(master.id)?.check()
  }

  #rdb(shard: string): RdbTarget | undefined {
    const { rdb } = this.#session.plan
    return rdb && this.#session.rdbTarget({ ...rdb, path: join(rdb.path, `${shard}.rdb`) })
  }

  #open(source: Feed, start: Start, shard: string, parts: number): HistoryPipeline {
    const { connection, report } = this.#session
    const text = report.text?.ofShard(() => source.name)
    return this.#session.open({
      source: connection.preferring(source),
      start,
      parts,
      rdb: this.#rdb(shard),
      report: (event) => text?.show(event),
      label: { shard, server: '' },
    })
  }

  /** Writes the shard map to the JSON output, for programs that read it. */
  async #writeMap(served: readonly ServedSlots[]): Promise<void> {
    const { plan, report, output } = this.#session
    if (!hasRecords(plan.view)) return
    const shards = served.map(({ shard, server, slots }) => ({ shard, server: printable(server), slots }))
    await output.write([Buffer.from(jsonLine(shardsRecord(report.about, shards)))])
  }
}
