/** The servers of a tree as they were seen, and where in it they belong. */
import type { Sighting, Spot } from '../diagnosis/lag/lag.ts'
import { type ListedReplica, masterLink } from '../protocol/info/replication.ts'
import { addressName } from '../topology/address-map.ts'
import type { Probe } from './probe.ts'

/** What we are listed as ourselves, unless --announce says otherwise. */
const TOOL_HOST = 'redis_repl'

/** The topmost server first, and each replica behind its master. */
export type Tree = readonly [Spot, ...Spot[]]

export function isTool({ host, port }: ListedReplica): boolean {
  return host === TOOL_HOST || port <= 0 || port > 65535
}

export function spotOf(name: string, { seen, failure, silentMs }: Probe): Spot {
  return { name, depth: 0, silentMs, isTool: false, ...(seen && { seen }), ...(failure && { failure }) }
}

/** Behind the server that it follows itself, or else behind the topmost. */
export function placed(spot: Spot, tree: Tree): Spot {
  const link = spot.seen && masterLink(spot.seen.info)
  const upstream = tree.find(({ name }) => link && name === addressName(link)) ?? tree[0]
  return { ...spot, upstream, depth: upstream.depth + 1 }
}

export function isAmong(tree: readonly Spot[], seen: Sighting | undefined): boolean {
  return seen !== undefined && tree.some((one) => one.seen?.id === seen.id)
}
