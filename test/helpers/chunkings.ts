/** The ways in which a network may split a byte string. */

export interface Chunking {
  readonly how: string
  /** Each chunk is valid until the next one is read, like those of a socket with a reused read buffer. */
  readonly chunks: Iterable<Buffer>
}

/** The bytes as a whole, byte by byte, and split in two at every position. */
export function chunkings(bytes: Buffer): Chunking[] {
  const splits = Array.from({ length: Math.max(0, bytes.length - 1) }, (_, index) => index + 1)
  return [
    { how: 'whole', chunks: cut(bytes, [bytes.length]) },
    { how: 'byte by byte', chunks: cut(bytes, [1]) },
    ...splits.map((at) => ({ how: `split at ${at}`, chunks: cut(bytes, [at, bytes.length]) })),
  ]
}

/** Splits the bytes into pieces of these sizes, repeating the sizes as needed. */
export function cut(bytes: Buffer, sizes: readonly number[]): Iterable<Buffer> {
  return { [Symbol.iterator]: () => pieces(bytes, sizes) }
}

function* pieces(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? 1)
    const chunk = Buffer.from(bytes.subarray(at, at + size))
    yield chunk
    // Overwriting the chunk exposes code that kept a view of it.
    chunk.fill(0x3f)
    at += size
  }
}
