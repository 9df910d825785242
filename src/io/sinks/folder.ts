/** Creates and syncs output folders, and converts write errors. */
import { mkdir, open } from 'node:fs/promises'
import { errnoOf, type Output, ReplError } from '../../errors.ts'

/** @throws ReplError OUTPUT_FAILED */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 }).catch(writeError(path))
}

/** A new name is only durable once its folder is synced. Errors are ignored, because some file systems cannot sync folders. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined)
  await folder?.sync().catch(() => undefined)
  await folder?.close()
}

/**
 * For a file or folder that is complete under a temporary name, which it keeps.
 * @returns an error handler that throws OUTPUT_EXISTS or OUTPUT_FAILED (NOT_NAMED) with both names; it rethrows a ReplError and a bug
 */
export function namingError(path: string, part: string): (error: NodeJS.ErrnoException | ReplError) => never {
  return (error) => {
    if (error instanceof ReplError || error.code === undefined) throw error
    // A folder that is not empty is ENOTEMPTY, a file in place of a folder ENOTDIR.
    const isTaken = ['EEXIST', 'ENOTEMPTY', 'ENOTDIR'].includes(error.code)
    throw isTaken
      ? new ReplError('OUTPUT_EXISTS', { path, part }, error)
      : new ReplError('NOT_NAMED', { path, part, errno: error.code }, error)
  }
}

/** @returns an error handler that throws OUTPUT_EXISTS or OUTPUT_FAILED with the path; it rethrows a ReplError and a bug unchanged */
export function writeError(path: string, output: Output = 'FILE'): (error: NodeJS.ErrnoException | ReplError) => never {
  return (error) => {
    if (error instanceof ReplError || error.code === undefined) throw error
    if (error.code === 'EEXIST') throw new ReplError('OUTPUT_EXISTS', { path }, error)
    throw new ReplError('WRITE', { path, output, errno: errnoOf(error) }, error)
  }
}
