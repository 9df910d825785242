/** The first line about a dump: what is where, and how far it is verified. */
import { duration, exact } from '../../diagnosis/units.ts'
import type { StoredEvent } from '../../engine/events.ts'

/** `unsigned`: the server sent no checksum (rdbchecksum no), so only the length and the end were checked. */
export function dumpVerdict({ path, bytes, checksum, header, elapsedMs }: StoredEvent): {
  readonly kind: 'ok' | 'unsigned'
  readonly text: string
} {
  const isVerified = checksum === 'verified'
  const sum = isVerified ? 'CRC64 verified' : 'no checksum in it (the server has rdbchecksum no)'
  return {
    kind: isVerified ? 'ok' : 'unsigned',
    text: `${path ?? 'stdout'}: ${exact(bytes)} bytes in ${duration(elapsedMs)}, ${header.magic}, ${sum}`,
  }
}
