/** What has not got its final name: a second Ctrl-C leaves at once, and leaves none of it behind. */
import { rmSync } from 'node:fs'

const unfinished = new Set<string>()

/** A file, or a folder with all that is in it. */
export function begun(path: string): void {
  unfinished.add(path)
  if (unfinished.size === 1) process.once('exit', removeAll)
}

/** It is named, or removed. */
export function finished(path: string): void {
  unfinished.delete(path)
  if (unfinished.size === 0) process.off('exit', removeAll)
}

/** Synchronous: nothing else runs any more when a process exits. */
function removeAll(): void {
  for (const path of unfinished) rmSync(path, { recursive: true, force: true })
}
