/** Ranges of slots as text, and their union. */
import type { SlotRange } from './cluster-map.ts'

/** `0-100 200`, or the same with commas. */
export function parseRanges(text: string): SlotRange[] {
  return [...text.matchAll(/(\d+)(?:-(\d+))?/g)].map(([, first, last = first]) => [Number(first), Number(last)])
}

/** The same slots in order, each once. */
export function mergeRanges(ranges: readonly SlotRange[]): SlotRange[] {
  const merged: [number, number][] = []
  for (const [first, last] of [...ranges].sort(([a], [b]) => a - b)) {
    const before = merged.at(-1)
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last)
    else merged.push([first, last])
  }
  return merged
}

/** Slots being moved: `[93->-id]` migrating, `[93-<-id]` importing. In CLUSTER NODES each node shows only its own. */
export function openSlots(text: string): SlotRange[] {
  return [...text.matchAll(/\[(\d+)-[<>]-/g)].map(([, slot]) => [Number(slot), Number(slot)])
}
