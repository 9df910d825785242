/** Runs the same work for every shard, several at a time. */
import { type ReplError, replErrorOf } from '../errors.ts'

export type Outcome<T> = { readonly value: T; readonly failure?: undefined } | { readonly failure: ReplError; readonly value?: undefined }

/** @returns one outcome per shard, in the order of the shards; a failure is an outcome too */
export async function forEach<S, T>(shards: readonly S[], jobs: number, work: (shard: S) => Promise<T>): Promise<Outcome<T>[]> {
  const outcomes: Outcome<T>[] = []
  const queue = [...shards.entries()]
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [index, shard] = next
      outcomes[index] = await work(shard).then(
        (value) => ({ value }),
        (error) => ({ failure: replErrorOf(error) }),
      )
    }
  }
  await Promise.all(Array.from({ length: Math.min(jobs, shards.length) }, worker))
  return outcomes
}

/** The values of all shards, for work that is worth nothing without one of them. @throws the first failure */
export function valuesOf<T>(outcomes: readonly Outcome<T>[]): T[] {
  return outcomes.map((outcome) => {
    if (outcome.failure) throw outcome.failure
    return outcome.value
  })
}
