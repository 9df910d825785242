/** The votes of Sentinels: a single one may be out of date. */
import { type Address, addressName } from './address-map.ts'

interface Votes {
  readonly address: Address
  readonly count: number
}

/** The addresses named, that with the most votes first. */
export function votesOf(answers: readonly { readonly address?: Address }[]): Votes[] {
  const found = new Map<string, Votes>()
  for (const { address } of answers) {
    if (!address) continue
    const name = addressName(address)
    found.set(name, { address, count: (found.get(name)?.count ?? 0) + 1 })
  }
  return [...found.values()].sort((a, b) => b.count - a.count)
}

/** Whether more Sentinels name the first address than all others together. Those that name none have no vote. */
export function hasMajority(votes: readonly Votes[]): boolean {
  const [first, ...others] = votes
  return first !== undefined && first.count > others.reduce((sum, { count }) => sum + count, 0)
}
