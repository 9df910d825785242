/** Folders that files are put into, and the failure of a write. */
import { mkdir, open } from 'node:fs/promises'
import { errnoOf, type Output, ReplError } from '../../errors.ts'

/** @throws ReplError OUTPUT_FAILED */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 }).catch(writeFailed(path))
}

/** A new name is only safe once its folder is synced; some file systems cannot do that, and say so. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined)
  await folder?.sync().catch(() => undefined)
  await folder?.close()
}

/** @returns throws OUTPUT_EXISTS or OUTPUT_FAILED with the path */
export function writeFailed(path: string, output: Output = 'FILE'): (error: NodeJS.ErrnoException | ReplError) => never {
  return (error) => {
    if (error instanceof ReplError) throw error
    if (error.code === 'EEXIST') throw new ReplError('OUTPUT_EXISTS', { path }, error)
    throw new ReplError('WRITE', { path, output, errno: errnoOf(error) }, error)
  }
}
