/** What this process has open (Linux). */
import { readdirSync, readlinkSync } from 'node:fs'

/** The paths of its descriptors that begin with this one; a file that was unlinked counts too. */
export function openFiles(beginning: string): string[] {
  return readdirSync('/proc/self/fd')
    .map(targetOf)
    .filter((path) => path.startsWith(beginning))
}

/** The descriptor that the folder was listed with is gone when its turn comes. */
function targetOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`)
  } catch {
    return ''
  }
}
