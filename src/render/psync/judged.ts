/** A full resync and what it means: what `psync --full` shows as text and as JSON. */
import type { ResyncFigures, ResyncJudgement } from '../../diagnosis/psync/resync.ts'
import type { KnownShard } from '../../protocol/cluster/cluster-map.ts'
import { shardText } from '../cluster/one-shard.ts'

export interface JudgedResync {
  readonly figures: ResyncFigures
  readonly judgement: ResyncJudgement
  /** Of a node of a cluster. */
  readonly shard: KnownShard | undefined
}

/** The answer, which for a node of a cluster covers only its shard. */
export function verdictSentence({ judgement: { text }, shard }: Pick<JudgedResync, 'judgement' | 'shard'>): string {
  return shard && shard.shards !== 1 ? `${text} These figures are of one shard: ${shardText(shard)}.` : text
}
