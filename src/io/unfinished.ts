/** Files and folders without their final name yet. They are removed when the process exits, even on a second Ctrl-C. */
import { rmSync } from 'node:fs'

const unfinished = new Set<string>()

/** Registers a file, or a folder with its contents. */
export function begun(path: string): void {
  unfinished.add(path)
  if (unfinished.size === 1) process.once('exit', removeAll)
}

/** Call once it has its final name or is removed. */
export function finished(path: string): void {
  unfinished.delete(path)
  if (unfinished.size === 0) process.off('exit', removeAll)
}

/** Synchronous, because exit handlers cannot wait. */
function removeAll(): void {
  for (const path of unfinished) rmSync(path, { recursive: true, force: true })
}
