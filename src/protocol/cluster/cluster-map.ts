/** Which node serves which slots: CLUSTER SHARDS (7.0), CLUSTER SLOTS (3.0) and CLUSTER NODES in one shape. */
import type { Reply } from '../wire/reply.ts'

/** First and last slot of a range. */
export type SlotRange = readonly [first: number, last: number]

export interface ClusterNode {
  readonly id: string
  /** Absent: the address that was asked. */
  readonly host?: string
  readonly port: number
  /** Where the map tells it: its other port, with TLS. */
  readonly tlsPort?: number
  readonly isHealthy: boolean
}

export interface Shard {
  readonly slots: readonly SlotRange[]
  /** Absent while a failover goes on. */
  readonly master?: ClusterNode
  readonly replicas: readonly ClusterNode[]
}

export const SLOTS = 16384

/** Shards without slots hold no data. */
function withSlots(shards: readonly Shard[]): Shard[] {
  return shards.filter(({ slots }) => slots.length > 0).sort((a, b) => (a.slots[0]?.[0] ?? 0) - (b.slots[0]?.[0] ?? 0))
}

/** Its ids: one of them is always the master, whichever that is. */
export function nodesOf({ master, replicas }: Shard): ReadonlySet<string> {
  return new Set([...(master ? [master] : []), ...replicas].map(({ id }) => id))
}

/**
 * Whether it is the shard of these nodes: one of them leads it. A replica says less: the nodes of a shard that has lost its
 * slots become replicas of another.
 */
export function ownsShard({ master, replicas }: Shard, nodes: ReadonlySet<string>): boolean {
  return master ? nodes.has(master.id) : replicas.some(({ id }) => nodes.has(id))
}

/** Whether they have a node in common, which is the most that is left after a long time. */
export function sameNodes(shard: Shard, nodes: ReadonlySet<string>): boolean {
  return [...nodesOf(shard)].some((id) => nodes.has(id))
}

/** Slots that changed their shard. */
export interface SlotMove {
  readonly slots: readonly SlotRange[]
  /** Undefined: served by nobody. */
  readonly from?: string
  readonly to?: string
}

/** @param before, after who serves what, by the name of the shard */
export function slotMoves(before: ReadonlyMap<string, readonly SlotRange[]>, after: ReadonlyMap<string, readonly SlotRange[]>): SlotMove[] {
  const [was, is] = [owners(before), owners(after)]
  const moves: { from: string | undefined; to: string | undefined; slots: [number, number][] }[] = []
  for (let slot = 0; slot < SLOTS; slot++) {
    const [from, to] = [was[slot], is[slot]]
    if (from === to) continue
    const known = moves.find((one) => one.from === from && one.to === to)
    const move = known ?? { from, to, slots: [] }
    if (!known) moves.push(move)
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

/** The slots that nobody serves. */
export function missingSlots(shards: readonly Shard[]): number {
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
  const host = named(node.get('endpoint')) ?? named(node.get('ip'))
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

/** Up to 3.x there are no ids. */
function slotNode([ip, port, id]: readonly Reply[]): ClusterNode {
  const host = named(ip)
  return { id: String(id ?? `${host}:${port}`), ...(host !== undefined && { host }), port: Number(port), isHealthy: true }
}

/** `id ip:port@bus[,hostname] flags master ping pong epoch link slots…` (cluster.c, clusterGenNodeDescription). */
export function fromNodes(text: string): Shard[] {
  const rows = text.split('\n').flatMap((line) => {
    const [id, address, flags = '', master = '-', , , , link, ...slots] = line.trim().split(' ')
    const [, host, port] = /^(.*):(\d+)(?:@|,|$)/.exec(address ?? '') ?? []
    if (id === undefined || port === undefined) return []
    const states = flags.split(',')
    const isHealthy =
      (link === 'connected' || states.includes('myself')) &&
      !states.some((state) => ['fail', 'fail?', 'noaddr', 'handshake'].includes(state))
    return [{ node: { id, ...(host && { host }), port: Number(port), isHealthy }, isMaster: states.includes('master'), master, slots }]
  })
  const masters = rows.filter(({ isMaster }) => isMaster)
  return withSlots(
    masters.map(({ node, slots }) =>
      // In brackets stand the slots that are on their way.
      shardOf(
        slots.filter((slot) => /^\d/.test(slot)).map((slot) => slotRange(slot)),
        [{ isMaster: true, node }, ...rows.filter((row) => row.master === node.id).map((row) => ({ isMaster: false, node: row.node }))],
      ),
    ),
  )
}

/** `[93->-id]` goes, `[93-<-id]` comes: each node tells it of itself alone, in CLUSTER NODES. */
export function openSlots(text: string): number[] {
  return [...text.matchAll(/\[(\d+)-[<>]-/g)].map(([, slot]) => Number(slot))
}

function shardOf(slots: readonly SlotRange[], nodes: readonly { isMaster: boolean; node: ClusterNode }[]): Shard {
  // After a failover the old master may still be listed as one, and not be there.
  const masters = nodes.filter(({ isMaster }) => isMaster)
  const master = masters.find(({ node }) => node.isHealthy) ?? masters[0]
  return { slots, ...(master && { master: master.node }), replicas: nodes.filter((one) => one !== master).map(({ node }) => node) }
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

function pairs(reply: Reply): Map<string, Reply> {
  const list = Array.isArray(reply) ? reply : []
  return new Map(list.flatMap((name, index) => (index % 2 === 0 ? [[String(name), list[index + 1] ?? null] as const] : [])))
}

/** Empty, null and ? stand for the address that was asked. */
function named(host: Reply | undefined): string | undefined {
  return typeof host === 'string' && host !== '' && host !== '?' ? host : undefined
}

export function slotsText(slots: readonly SlotRange[]): string {
  return slots.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(' ')
}
