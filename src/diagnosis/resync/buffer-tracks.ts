/** The output buffers of replicas over time, from CLIENT LIST. */

/** A replica in CLIENT LIST. */
export interface ReplicaClient {
  readonly id: string
  /** omem */
  readonly bytes: number
  readonly ageSeconds?: number
}

/** The output buffer of one replica. */
export interface BufferTrack {
  readonly id: string
  /** How long its connection exists. */
  ageSeconds: number
  peakBytes: number
  lastBytes: number
  /** How much it grew between its last two samples. */
  growthBytes: number
  lastAt: number
  aboveSoftSince?: number | undefined
  isGone: boolean
}

/** Buffers of links that ended longer ago no longer count. */
const WINDOW_MS = 600_000

export class BufferTracks {
  readonly #tracks = new Map<string, BufferTrack>()

  get all(): readonly BufferTrack[] {
    return [...this.#tracks.values()]
  }

  /** @param softBytes 0 for no limit */
  saw(clients: readonly ReplicaClient[], softBytes: number, at: number): void {
    for (const track of this.#tracks.values()) track.isGone = !clients.some(({ id }) => id === track.id)
    for (const client of clients) this.#tracks.set(client.id, grown(this.#tracks.get(client.id), client, softBytes, at))
    for (const [id, { lastAt }] of this.#tracks) if (at - lastAt > WINDOW_MS) this.#tracks.delete(id)
  }
}

function grown(known: BufferTrack | undefined, { id, bytes, ageSeconds = 0 }: ReplicaClient, softBytes: number, at: number): BufferTrack {
  const isAbove = softBytes > 0 && bytes > softBytes
  return {
    id,
    ageSeconds,
    peakBytes: Math.max(known?.peakBytes ?? 0, bytes),
    growthBytes: Math.max(0, bytes - (known?.lastBytes ?? bytes)),
    lastBytes: bytes,
    lastAt: at,
    aboveSoftSince: isAbove ? (known?.aboveSoftSince ?? at) : undefined,
    isGone: false,
  }
}
