/** The names of replicas in the table: with the lines of the tree, and cut in the middle if they are too long. */
import stringWidth from 'string-width'
import type { ReplicaReport } from '../../diagnosis/lag/lag.ts'
import { printable } from '../base/printable.ts'
import type { Screen } from '../base/screen.ts'

const LINES = { open: '│  ', last: '└─ ', next: '├─ ', dots: '…' }
const ASCII_LINES = { open: '|  ', last: '`- ', next: '|- ', dots: '..' }
const NO_LINE = '   '

/** A replica of a replica stands below it. */
export function replicaNames(replicas: readonly ReplicaReport[], { isUnicode }: Screen): string[] {
  const lines = isUnicode ? LINES : ASCII_LINES
  const open: boolean[] = []
  return replicas.map(({ depth, name }, index) => {
    const next = replicas.slice(index + 1).find((later) => later.depth <= depth)
    const isLast = next === undefined || next.depth < depth
    open[depth] = !isLast
    if (depth <= 1) return printable(name)
    const before = Array.from({ length: depth - 2 }, (_, level) => (open[level + 2] ? lines.open : NO_LINE))
    return `${before.join('')}${isLast ? lines.last : lines.next}${printable(name)}`
  })
}

/** Keeps both ends: hosts differ at the beginning, and ports at the end. */
export function shortened(name: string, width: number, { isUnicode }: Screen): string {
  if (stringWidth(name) <= width) return name
  const { dots } = isUnicode ? LINES : ASCII_LINES
  const kept = Math.max(2, width - dots.length)
  const tail = Math.floor(kept / 2)
  return `${name.slice(0, kept - tail)}${dots}${name.slice(-tail)}`
}
