/** Gives a complete file its final name, without replacing a file that another program has put there meanwhile. */
import { link, open, rename, symlink, unlink } from 'node:fs/promises'
import { basename } from 'node:path'

/**
 * File systems differ in what they support, and in how they say so (EPERM, EACCES, ENOSYS, EMLINK and others), so one way
 * after the other is tried. Each fails with EEXIST if the name exists:
 * 1. A hard link.
 * 2. A symbolic link to the complete file, in whose place the file itself then moves. The name always leads to a whole file.
 * 3. An empty file, in whose place the complete one then moves. For an instant the name leads to an empty file, and a crash in
 *    that instant leaves it. A rename alone would replace what another program writes there in that instant, for good.
 * A rename that replaces nothing (renameat2, RENAME_NOREPLACE) would be the fourth way, but Node does not offer it.
 */
export async function nameWithoutReplacing(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    throwIfExists(error)
    await moveInPlaceOf(from, to)
    return
  }
  // The file has its name now. A second name that cannot be removed changes nothing about that.
  await unlink(from).catch(() => undefined)
}

async function moveInPlaceOf(from: string, to: string): Promise<void> {
  try {
    await symlink(basename(from), to)
  } catch (error) {
    throwIfExists(error)
    await (await open(to, 'wx', 0o600)).close()
  }
  await rename(from, to).catch(async (error) => {
    await unlink(to).catch(() => undefined)
    throw error
  })
}

function throwIfExists(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error
}
