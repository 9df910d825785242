/**
 * The replicas that a server lists, as nodes of the tree: one node for each row. A row whose address does not identify one server
 * is known only from the list.
 */
import type { TreeNode } from '../diagnosis/lag/lag.ts'
import { ReplError } from '../errors.ts'
import { isTool, type ListedReplica, listedName } from '../protocol/info/replicas.ts'
import { isMasterOf, numberField } from '../protocol/info/server-info.ts'
import { addressName } from '../topology/address-map.ts'
import { nodeOf, type ProbedServer, treeHas } from './nodes.ts'
import type { Probe } from './probe.ts'

/** A replica sends an ACK every second (replication.c, replicationCron). */
const LATE_ACK_SECONDS = 5

export interface RowOptions {
  /** The server at the address of a replica. */
  readonly reach: (listed: ListedReplica) => ProbedServer
  /** The servers that the user named. */
  readonly named: readonly ProbedServer[]
  readonly tree: readonly TreeNode[]
  /** Pairs of a replica and its master that were recognised before: in a failover their histories may differ for a moment. */
  readonly links: Set<string>
}

export function rowsOf(upstream: TreeNode, options: RowOptions): TreeNode[] {
  const listed = upstream.seen?.server.replicas ?? []
  const announced = listed.filter((one) => !isTool(one)).map((one) => ({ one, probe: options.reach(one).probe }))
  const unreached = announced.filter(({ probe }) => !probe.seen).map(({ one }) => one)
  // A server that answers at the address of one replica is not another one.
  const named = options.named.filter(({ probe }) => !announced.some((other) => other.probe === probe))
  const free = { ...options, named }
  const owners = ownersOf(listed, upstream, free)
  const rows = listed.map((one) => {
    const unlisted = unreached.includes(one) ? sameServer(one, upstream, free, unreached.length === 1) : undefined
    return rowOf(one, upstream, options, owners.get(one) ?? unlisted)
  })
  return rows.filter((row) => !isUpstream(row, upstream)).map((row) => identified(row, rows, upstream, options.links))
}

/** @param known a probe that reaches the replica at another address */
function rowOf(listed: ListedReplica, upstream: TreeNode, { reach }: RowOptions, known: Probe | undefined): TreeNode {
  const place = { name: listedName(listed), upstream, depth: upstream.depth + 1, listed }
  if (isTool(listed)) return { ...place, silentMs: 0, isTool: true }
  const endpoint = addressName(listed)
  const shared = () => new ReplError('SHARED_ADDRESS', { endpoint, master: upstream.name })
  if (listed.nth !== undefined && !known) return { ...place, silentMs: 0, isTool: false, failure: shared() }
  return { ...nodeOf(place.name, known ?? reach(listed).probe), ...place }
}

/**
 * Replicas that share an address, and that the user named at another one: the nearest ACK tells which row is theirs. A row whose
 * ACK is old belongs to none of them, since a replica that answers us sends one every second.
 */
function ownersOf(listed: readonly ListedReplica[], upstream: TreeNode, { named, tree }: RowOptions): Map<ListedReplica, Probe> {
  const owners = new Map<ListedReplica, Probe>()
  for (const { probe } of named) {
    const link = probe.seen?.server.masterLink
    const isBelow = probe.seen && upstream.seen && isMasterOf(upstream.seen.server, probe.seen.server)
    if (!link?.isUp || !isBelow || treeHas(tree, probe.seen)) continue
    const distance = ({ ackOffset = 0 }: ListedReplica) => Math.abs((link.appliedOffset ?? 0) - ackOffset)
    const free = listed.filter((one) => one.nth !== undefined && !owners.has(one) && (one.ackAgeSeconds ?? 0) <= LATE_ACK_SECONDS)
    const [nearest] = free.sort((a, b) => distance(a) - distance(b))
    if (nearest) owners.set(nearest, probe)
  }
  return owners
}

/** KeyDB's active replicas list each other. */
function isUpstream({ seen }: TreeNode, upstream: TreeNode): boolean {
  for (let above: TreeNode | undefined = upstream; above && seen; above = above.upstream) {
    if (above.seen?.id === seen.id && above.seen.server.masterLink?.hasOwnHistory) return true
  }
  return false
}

/** The row itself if the server that answers at its address is the replica, and otherwise what its master's list tells. */
function identified(row: TreeNode, rows: readonly TreeNode[], upstream: TreeNode, links: Set<string>): TreeNode {
  const { seen, listed } = row
  if (!seen || !listed || !upstream.seen) return row
  const facts = { endpoint: addressName(listed), master: upstream.name }
  const sharing = rows.filter((other) => other.seen?.id === seen.id)
  const isOwn = ({ seen: reached, listed: as }: TreeNode) => reached && as && numberField(reached.server, 'tcp_port') === as.port
  const isShared = sharing.length > 1 && !(isOwn(row) && sharing.filter(isOwn).length === 1)
  if (isShared) return unidentified(row, new ReplError('SHARED_ADDRESS', facts))
  if (contradicts(row, rows)) return unidentified(row, new ReplError('NOT_THE_REPLICA', facts))
  const link = `${seen.id} ${upstream.seen.id}`
  const isReplica = seen.server.masterLink !== undefined && isMasterOf(upstream.seen.server, seen.server) !== false
  if (isReplica) links.add(link)
  return isReplica || links.has(link) ? row : unidentified(row, new ReplError('NOT_THE_REPLICA', facts))
}

/** Whether what the server says of its link cannot be true of the replica in this row. */
function contradicts({ seen, listed, upstream }: TreeNode, rows: readonly TreeNode[]): boolean {
  const link = seen?.server.masterLink
  if (!link?.isUp || !listed || link.hasOwnHistory) return false
  const master = addressName(link)
  // It follows another replica of the same master.
  if (master !== upstream?.name && rows.some((other) => other.listed && listedName(other.listed) === master)) return true
  // It has just heard from its master, which has not heard from the replica of this row for long.
  return (listed.ackAgeSeconds ?? 0) > LATE_ACK_SECONDS && (link.lastIoSeconds ?? LATE_ACK_SECONDS) <= 1
}

function unidentified({ seen: _, ...row }: TreeNode, failure: ReplError): TreeNode {
  return { ...row, silentMs: 0, failure }
}

/**
 * Finds a replica named by the user whose announced address we cannot reach. It matches by the port it listens on, or as the
 * only replica missing.
 */
function sameServer({ port }: ListedReplica, upstream: TreeNode, { named, tree }: RowOptions, isOnly: boolean): Probe | undefined {
  const found = named.find(({ probe: { seen } }) => {
    const link = seen?.server.masterLink
    if (!seen || !link?.isUp || treeHas(tree, seen)) return false
    return numberField(seen.server, 'tcp_port') === port || (isOnly && addressName(link) === upstream.name)
  })
  return found?.probe
}
