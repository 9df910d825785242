/** The open files of this process (Linux). */
import { readdirSync, readlinkSync } from 'node:fs'

/** The paths of open descriptors that start with this prefix. An unlinked file counts too. */
export function openFiles(beginning: string): string[] {
  return readdirSync('/proc/self/fd')
    .map(targetOf)
    .filter((path) => path.startsWith(beginning))
}

/** Empty for the descriptor that listed the folder, which is closed by now. */
function targetOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`)
  } catch {
    return ''
  }
}
