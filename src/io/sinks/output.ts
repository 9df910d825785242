/** stdout of a command that follows: its pauses, its end, and the line that an earlier run was killed in. */
import { closeSync, fdatasync, fstatSync, openSync, readSync } from 'node:fs'
import { promisify } from 'node:util'

const NEWLINE = 0x0a

export const syncDescriptor = promisify(fdatasync)

/**
 * A terminal that is stopped by Ctrl-S stops the whole process by default, and what nobody reads piles up in the master.
 * (Node makes terminals blocking so that a process that ends at once loses nothing; we wait for our writes.)
 */
export function keepFlowing(stream: NodeJS.WriteStream): void {
  const { _handle } = stream as unknown as { _handle?: { setBlocking?: (isBlocking: boolean) => void } }
  if (stream.isTTY) _handle?.setBlocking?.(false)
}

/** Whether the file that stdout is appended to ends inside a line. */
export function endsInsideLine(descriptor: number): boolean {
  const { size } = fstatSync(descriptor)
  if (!fstatSync(descriptor).isFile() || size === 0) return false
  let file: number | undefined
  try {
    file = openSync(`/dev/fd/${descriptor}`, 'r')
    const last = Buffer.alloc(1)
    readSync(file, last, 0, 1, size - 1)
    return last[0] !== NEWLINE
  } catch {
    return false // a system without /dev/fd, or a file that we may only write
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
