/** A folder that gets its final name only once its contents are complete, verified and on disk. */

import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { ReplError } from '../../errors.ts'
import { randomHex } from '../random-hex.ts'
import { begun, finished } from '../unfinished.ts'
import { namingError, syncFolder, writeError } from './folder.ts'

export class DumpFolder {
  readonly #path: string
  readonly #part: string
  readonly #overwrite: boolean
  /** A whole dump is never removed, even if it cannot get its name. */
  #isWhole = false

  private constructor(path: string, part: string, overwrite: boolean) {
    this.#path = path
    this.#part = part
    this.#overwrite = overwrite
  }

  /** @throws ReplError OUTPUT_EXISTS, OUTPUT_FAILED */
  static async create(path: string, overwrite: boolean): Promise<DumpFolder> {
    const existing = await lstat(path).catch(() => undefined)
    if (existing && !existing.isDirectory()) throw new ReplError('NOT_A_FOLDER', { path })
    if (existing && !overwrite) throw new ReplError('OUTPUT_EXISTS', { path })
    if (existing && !(await isDump(path))) throw new ReplError('NOT_A_DUMP', { path })
    const part = temporaryPath(path)
    await mkdir(part, { mode: 0o700 }).catch(writeError(path))
    begun(part)
    return new DumpFolder(path, part, overwrite)
  }

  /** The path of a file in the folder, until `commit`. */
  file(name: string): string {
    return join(this.#part, name)
  }

  /** @param manifest contents of manifest.json, the last file to be written. @throws ReplError OUTPUT_FAILED, OUTPUT_EXISTS */
  async commit(manifest: string): Promise<void> {
    try {
      const file = await open(this.file(MANIFEST), 'wx', 0o600)
      try {
        await file.writeFile(manifest)
        await file.sync()
      } finally {
        await file.close()
      }
      await syncFolder(this.#part)
    } catch (error) {
      writeError(this.#path)(error as NodeJS.ErrnoException)
    }
    this.#isWhole = true
    finished(this.#part)
    await this.#name().catch(namingError(this.#path, this.#part))
    await syncFolder(dirname(resolve(this.#path)))
  }

  async abandon(): Promise<void> {
    if (!this.#isWhole) await rm(this.#part, { recursive: true, force: true })
    finished(this.#part)
  }

  /** A folder that is not empty cannot be replaced atomically, so the old one is moved aside until the new one is in place. */
  async #name(): Promise<void> {
    const old = temporaryPath(this.#path)
    const isReplaced = this.#overwrite && (await lstat(this.#path).catch(() => undefined)) !== undefined
    // Other files may have been put there during the dump.
    if (isReplaced && !(await isDump(this.#path))) throw new ReplError('NOT_A_DUMP', { path: this.#path, part: this.#part })
    if (isReplaced) await rename(this.#path, old)
    await rename(this.#part, this.#path).catch(async (error) => {
      if (isReplaced) await rename(old, this.#path)
      throw error
    })
    if (isReplaced) await rm(old, { recursive: true, force: true }).catch(() => undefined)
  }
}

const MANIFEST = 'manifest.json'
/** Named by first slot and node id. */
const SHARD_FILE = /^\d{5}-[0-9a-f]{40}\.rdb(\.gz|\.zst)?$/

/** Whether a folder contains only files that a dump writes. */
async function isDump(path: string): Promise<boolean> {
  const names = await readdir(path).catch(writeError(path))
  return names.every((name) => name === MANIFEST || SHARD_FILE.test(name))
}

/** A hidden folder with a random name in the same parent folder. */
function temporaryPath(path: string): string {
  const whole = resolve(path)
  return join(dirname(whole), `.${basename(whole)}.${randomHex(4)}.part`)
}
