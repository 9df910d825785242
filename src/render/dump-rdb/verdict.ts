/** The first line about a dump: where it is, and how far it is verified. */
import { duration, exact } from '../../diagnosis/units.ts'
import type { StoredEvent } from '../../engine/events.ts'

/** `unsigned`: the server sent no checksum (rdbchecksum no), so only the length and the end were checked. */
export interface DumpVerdict {
  readonly kind: 'ok' | 'unsigned'
  readonly text: string
}

export const UNSIGNED = 'no checksum in it (rdbchecksum no)'

export function dumpVerdict({ path, bytes, checksum, header, elapsedMs }: StoredEvent): DumpVerdict {
  const isVerified = checksum === 'verified'
  const sum = isVerified ? 'CRC64 verified' : UNSIGNED
  return {
    kind: isVerified ? 'ok' : 'unsigned',
    text: `${path ?? 'stdout'}: ${exact(bytes)} bytes in ${duration(elapsedMs)}, ${header.magic}, ${sum}`,
  }
}
