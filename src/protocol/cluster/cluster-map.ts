/** The nodes and their slots, in one shape for CLUSTER SHARDS (7.0), CLUSTER SLOTS (3.0) and CLUSTER NODES. */
import type { Reply } from '../wire/reply.ts'

/** First and last slot of a range. */
export type SlotRange = readonly [first: number, last: number]

export interface ClusterNode {
  readonly id: string
  /** Absent: the host that was queried. */
  readonly host?: string
  readonly port: number
  /** A second port, for TLS, if the reply shows one. */
  readonly tlsPort?: number
  readonly isHealthy: boolean
}

export interface Shard {
  readonly slots: readonly SlotRange[]
  /** Absent during a failover. */
  readonly master?: ClusterNode
  readonly replicas: readonly ClusterNode[]
}

export const SLOTS = 16384

/** Drops shards without slots, which hold no data, and sorts the rest by first slot. */
function withSlots(shards: readonly Shard[]): Shard[] {
  return shards.filter(({ slots }) => slots.length > 0).sort((a, b) => (a.slots[0]?.[0] ?? 0) - (b.slots[0]?.[0] ?? 0))
}

/** The ids of the shard's master and replicas. */
export function nodesOf({ master, replicas }: Shard): ReadonlySet<string> {
  return new Set([...(master ? [master] : []), ...replicas].map(({ id }) => id))
}

/**
 * Whether these nodes own the shard: one of them is its master. A common replica proves nothing while there is a master, because
 * the nodes of a shard that lost its slots become replicas of another shard.
 */
export function ownsShard({ master, replicas }: Shard, nodes: ReadonlySet<string>): boolean {
  return master ? nodes.has(master.id) : replicas.some(({ id }) => nodes.has(id))
}

/** Whether the shard contains one of these nodes. After a long time, a common replica may be all that is left. */
export function sharesNode(shard: Shard, nodes: ReadonlySet<string>): boolean {
  return [...nodesOf(shard)].some((id) => nodes.has(id))
}

/** Slots that moved between shards. */
export interface SlotMove {
  readonly slots: readonly SlotRange[]
  /** Undefined: no shard serves the slots. */
  readonly from?: string
  readonly to?: string
}

/** @param before, after the slots of each shard, by shard name */
export function slotMoves(before: ReadonlyMap<string, readonly SlotRange[]>, after: ReadonlyMap<string, readonly SlotRange[]>): SlotMove[] {
  const [oldOwners, newOwners] = [owners(before), owners(after)]
  const moves: { from: string | undefined; to: string | undefined; slots: [number, number][] }[] = []
  for (let slot = 0; slot < SLOTS; slot++) {
    const [from, to] = [oldOwners[slot], newOwners[slot]]
    if (from === to) continue
    const existing = moves.find((other) => other.from === from && other.to === to)
    const move = existing ?? { from, to, slots: [] }
    if (!existing) moves.push(move)
    const last = move.slots.at(-1)
    if (last?.[1] === slot - 1) last[1] = slot
    else move.slots.push([slot, slot])
  }
  return moves.map(({ from, to, slots }) => ({ slots, ...(from !== undefined && { from }), ...(to !== undefined && { to }) }))
}

function owners(slots: ReadonlyMap<string, readonly SlotRange[]>): (string | undefined)[] {
  const owner: (string | undefined)[] = new Array(SLOTS)
  for (const [name, served] of slots) for (const [first, last] of served) owner.fill(name, first, last + 1)
  return owner
}

/** The number of slots that no shard serves. */
export function missingSlots(shards: readonly Pick<Shard, 'slots'>[]): number {
  const served = shards.flatMap(({ slots }) => slots).reduce((sum, [first, last]) => sum + last - first + 1, 0)
  return SLOTS - served
}

export function fromShards(reply: Reply): Shard[] | undefined {
  if (!Array.isArray(reply)) return undefined
  return withSlots(
    reply.map((shard) => {
      const fields = pairs(shard)
      const slots = numbers(fields.get('slots'))
      const nodes = (Array.isArray(fields.get('nodes')) ? (fields.get('nodes') as Reply[]) : []).map(pairs)
      const found = nodes.map((node) => ({ isMaster: node.get('role') === 'master', node: shardNode(node) }))
      return shardOf(ranges(slots), found)
    }),
  )
}

function shardNode(node: ReadonlyMap<string, Reply>): ClusterNode {
  const host = hostOf(node.get('endpoint')) ?? hostOf(node.get('ip'))
  const tlsPort = Number(node.get('tls-port') ?? 0)
  return {
    id: String(node.get('id')),
    ...(host !== undefined && { host }),
    port: Number(node.get('port') ?? 0),
    ...(tlsPort > 0 && { tlsPort }),
    isHealthy: node.get('health') === 'online',
  }
}

export function fromSlots(reply: Reply): Shard[] | undefined {
  if (!Array.isArray(reply)) return undefined
  const shards = new Map<string, { slots: SlotRange[]; nodes: ClusterNode[] }>()
  for (const row of reply) {
    if (!Array.isArray(row)) return undefined
    const [first, last, ...nodes] = row
    const found = nodes.flatMap((node) => (Array.isArray(node) ? [slotNode(node)] : []))
    const id = found[0]?.id ?? ''
    const shard = shards.get(id) ?? { slots: [], nodes: found }
    shard.slots.push([Number(first), Number(last)])
    shards.set(id, shard)
  }
  return withSlots(
    [...shards.values()].map(({ slots, nodes }) =>
      shardOf(
        slots,
        nodes.map((node, index) => ({ isMaster: index === 0, node })),
      ),
    ),
  )
}

/** Redis up to 3.x sends no ids. */
function slotNode([ip, port, id]: readonly Reply[]): ClusterNode {
  const host = hostOf(ip)
  return { id: String(id ?? `${host}:${port}`), ...(host !== undefined && { host }), port: Number(port), isHealthy: true }
}

/** One line of CLUSTER NODES. */
interface NodeRow {
  readonly node: ClusterNode
  readonly isSelf: boolean
  readonly isMaster: boolean
  /** The id of its master; `-` for a master. */
  readonly master: string
  readonly slots: readonly SlotRange[]
}

/** `id ip:port@bus[,hostname] flags master ping pong epoch link slots…` (cluster.c, clusterGenNodeDescription). */
function nodeRows(text: string): NodeRow[] {
  return text.split('\n').flatMap((line) => {
    const [id, address, flags = '', master = '-', , , , link, ...slots] = line.trim().split(' ')
    const [, host, port] = /^(.*):(\d+)(?:@|,|$)/.exec(address ?? '') ?? []
    if (id === undefined || port === undefined) return []
    const states = flags.split(',')
    const isSelf = states.includes('myself')
    const isHealthy = (link === 'connected' || isSelf) && !states.some((state) => ['fail', 'fail?', 'noaddr', 'handshake'].includes(state))
    return [
      {
        node: { id, ...(host && { host }), port: Number(port), isHealthy },
        isSelf,
        isMaster: states.includes('master'),
        master,
        // Entries in brackets are slots that are being moved.
        slots: slots.filter((slot) => /^\d/.test(slot)).map(slotRange),
      },
    ]
  })
}

export function fromNodes(text: string): Shard[] {
  const rows = nodeRows(text)
  const masters = rows.filter(({ isMaster }) => isMaster)
  return withSlots(
    masters.map(({ node, slots }) =>
      shardOf(slots, [
        { isMaster: true, node },
        ...rows.filter((row) => row.master === node.id).map((row) => ({ isMaster: false, node: row.node })),
      ]),
    ),
  )
}

/** The shard of the node that was asked. */
export interface OwnShard {
  /** The id of its master. */
  readonly node: string
  /** A replica has those of its master. Empty for a node that joined without slots. */
  readonly slots: readonly SlotRange[]
  /** How many shards serve slots. */
  readonly shards: number
}

/** As far as the node says it. */
export type KnownShard = Partial<OwnShard>

/** From CLUSTER NODES, which marks the node itself. */
export function ownShard(text: string): OwnShard | undefined {
  const rows = nodeRows(text)
  const { self, master } = selfIn(rows)
  const owner = master ?? self
  return owner && { node: owner.node.id, slots: owner.slots, shards: rows.filter(({ slots }) => slots.length > 0).length }
}

/** From CLUSTER NODES of a replica: its master. Undefined for a master. */
export function masterOfReplica(text: string): ClusterNode | undefined {
  return selfIn(nodeRows(text)).master?.node
}

function selfIn(rows: readonly NodeRow[]) {
  const self = rows.find(({ isSelf }) => isSelf)
  return { self, master: self && rows.find(({ node }) => node.id === self.master) }
}

function shardOf(slots: readonly SlotRange[], nodes: readonly { isMaster: boolean; node: ClusterNode }[]): Shard {
  // After a failover the old master may still be listed as a master although it is down.
  const masters = nodes.filter(({ isMaster }) => isMaster)
  const master = masters.find(({ node }) => node.isHealthy) ?? masters[0]
  return { slots, ...(master && { master: master.node }), replicas: nodes.filter((other) => other !== master).map(({ node }) => node) }
}

function slotRange(text: string): SlotRange {
  const [first = '0', last = first] = text.split('-')
  return [Number(first), Number(last)]
}

function ranges(slots: readonly number[]): SlotRange[] {
  return slots.flatMap((first, index) => (index % 2 === 0 ? [[first, slots[index + 1] ?? first] as const] : []))
}

function numbers(reply: Reply | undefined): number[] {
  return Array.isArray(reply) ? reply.map(Number) : []
}

/** A map of RESP2: names and values in turn. */
export function pairs(reply: Reply): Map<string, Reply> {
  const list = Array.isArray(reply) ? reply : []
  return new Map(list.flatMap((name, index) => (index % 2 === 0 ? [[String(name), list[index + 1] ?? null] as const] : [])))
}

/** Undefined for an empty, null or ? host, which all mean the host that was queried. */
function hostOf(host: Reply | undefined): string | undefined {
  return typeof host === 'string' && host !== '' && host !== '?' ? host : undefined
}

export function slotsText(slots: readonly SlotRange[]): string {
  return slots.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(' ')
}
