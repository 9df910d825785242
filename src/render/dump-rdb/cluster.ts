/** `dump-rdb --cluster`: its verdict, a line for each shard, and the same as JSON for stdout and for manifest.json. */
import { duration, exact } from '../../diagnosis/units.ts'
import type { StoredEvent } from '../../engine/events.ts'
import { type SlotRange, slotsText } from '../../protocol/cluster/cluster-map.ts'
import type { JsonObject } from '../base/json-line.ts'
import { printable } from '../base/printable.ts'
import { type About, reportJson } from '../base/report.ts'
import type { Screen } from '../base/screen.ts'
import { verdictText } from '../base/verdict.ts'
import { keysJson } from './json.ts'
import { keysText } from './keys.ts'
import { type DumpVerdict, UNSIGNED } from './verdict.ts'

export interface DumpedShard {
  /** The name of its file in the folder. */
  readonly file: string
  readonly slots: readonly SlotRange[]
  /** The node ID of the master. */
  readonly node: string
  /** The address of the master. */
  readonly master: string
  /** The server that sent the RDB. */
  readonly from: string
  readonly stored: StoredEvent
}

/** docs/schemas/cluster-dump-1.json. */
export function clusterDumpJson(about: About, folder: string, shards: readonly DumpedShard[]): JsonObject {
  const verdict = { ...verdictOf(folder, shards, about.elapsedMs()) }
  return reportJson(about, 'cluster-dump/1', undefined, verdict, { folder, shards: shards.map(shardJson) })
}

/** manifest.json of the folder: docs/schemas/cluster-manifest-1.json. @param at when the last file was whole */
export function manifestJson({ tool }: About, at: Date, shards: readonly DumpedShard[]): JsonObject {
  return { schema: 'redis-repl/cluster-manifest/1', tool, at: at.toISOString(), shards: shards.map(shardJson) }
}

/** The verdict, and unless quiet a line for each shard. */
export function clusterDumpText(
  screen: Screen,
  folder: string,
  shards: readonly DumpedShard[],
  elapsedMs: number,
  isQuiet: boolean,
): string {
  const { kind, text } = verdictOf(folder, shards, elapsedMs)
  const verdict = verdictText(screen, kind.toUpperCase(), kind === 'ok' ? 'good' : 'warn', text)
  return isQuiet ? verdict : `${verdict}${shards.map((shard) => `${screen.paragraph(shardText(shard), '  ', '    ')}\n`).join('')}`
}

function verdictOf(folder: string, shards: readonly DumpedShard[], elapsedMs: number): DumpVerdict {
  const unsigned = shards.filter(({ stored }) => stored.checksum !== 'verified').length
  const size = shards.reduce((sum, { stored }) => sum + stored.bytes, 0)
  const sum = unsigned === 0 ? 'CRC64 verified' : `${unsigned} of them with ${UNSIGNED}`
  return {
    kind: unsigned === 0 ? 'ok' : 'unsigned',
    text: `${folder}: ${shards.length === 1 ? '1 shard' : `${shards.length} shards`}, ${exact(size)} bytes in ${duration(elapsedMs)}, ${sum}`,
  }
}

function shardText({ slots, from, stored: { bytes, checksum, header, keys } }: DumpedShard): string {
  return `${slotsText(slots)} from ${printable(from)}: ${exact(bytes)} bytes, CRC64 ${checksum}; keys: ${printable(keysText(header, keys))}`
}

function shardJson({ file, slots, node, master, from, stored }: DumpedShard): JsonObject {
  const { bytes, checksum, header, keys, verdict, written, elapsedMs } = stored
  return {
    file,
    slots,
    node,
    master,
    from,
    history: verdict.kind === 'full' ? { replid: verdict.replid, offset: verdict.offset } : null,
    bytes,
    checksum,
    compression: written.compression ?? null,
    fileBytes: written.bytes ?? bytes,
    sha256: written.sha256,
    rdb: header,
    keys: keysJson(keys),
    transferMs: elapsedMs,
  }
}
