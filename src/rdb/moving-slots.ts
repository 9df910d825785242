/** Slots that were moving between cluster nodes when the RDB was written. Their keys may be in two RDBs, or in none. */
import type { SlotRange } from '../protocol/cluster/cluster-map.ts'
import { isOverState } from '../protocol/cluster/migrations.ts'
import { mergeRanges, parseRanges } from '../protocol/cluster/slot-ranges.ts'
import type { RdbHeader } from './header.ts'

/** Undefined if no slots were moving; empty if the RDB does not show which. */
export function movingAtSnapshot({ aux, importedSlots }: RdbHeader): readonly SlotRange[] | undefined {
  const task = importTask(aux['cluster-asm-task'] ?? '')
  const open = openSlots(aux['cluster-slot-states'] ?? '')
  if (!importedSlots && !task && open.length === 0) return undefined
  return mergeRanges([...(importedSlots ?? []), ...(task ?? []), ...open])
}

/** `id:source:destination:operation:state:slots`; empty without a task (Redis cluster_asm.c, asmDumpActiveImportTask). */
function importTask(text: string): readonly SlotRange[] | undefined {
  const [, , , , state = '', slots = ''] = text.split(':')
  return text === '' || isOverState(state) ? undefined : parseRanges(slots)
}

/** `93>id,94<id`: migrating and importing by CLUSTER SETSLOT (Valkey cluster_legacy.c, clusterEncodeOpenSlotsAuxField). */
function openSlots(text: string): readonly SlotRange[] {
  return [...text.matchAll(/(?:^|,)(\d+)[<>]/g)].map(([, slot]) => [Number(slot), Number(slot)])
}
