/** A folder that has its name only when all of it is there, verified and on disk. */

import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { errnoOf, ReplError } from '../../errors.ts'
import { randomHex } from '../random-hex.ts'
import { begun, finished } from '../unfinished.ts'
import { syncFolder } from './folder.ts'

export class DumpFolder {
  readonly #path: string
  readonly #part: string
  readonly #overwrite: boolean

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
    const part = besides(path)
    await mkdir(part, { mode: 0o700 }).catch(failed(path))
    begun(part)
    return new DumpFolder(path, part, overwrite)
  }

  /** Where a file of it is written. */
  file(name: string): string {
    return join(this.#part, name)
  }

  /** @param manifest goes in last */
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
      await this.#name()
      finished(this.#part)
      await syncFolder(dirname(resolve(this.#path)))
    } catch (error) {
      throw failed(this.#path)(error as NodeJS.ErrnoException)
    }
  }

  async abandon(): Promise<void> {
    await rm(this.#part, { recursive: true, force: true })
    finished(this.#part)
  }

  /** A folder that is not empty cannot be replaced in one step: the old one stands aside until the new one is there. */
  async #name(): Promise<void> {
    const old = besides(this.#path)
    const isReplaced = this.#overwrite && (await lstat(this.#path).catch(() => undefined)) !== undefined
    // A dump takes its time, and somebody may have put something there.
    if (isReplaced && !(await isDump(this.#path))) throw new ReplError('NOT_A_DUMP', { path: this.#path })
    if (isReplaced) await rename(this.#path, old)
    await rename(this.#part, this.#path).catch(async (error) => {
      if (isReplaced) await rename(old, this.#path)
      throw error
    })
    if (isReplaced) await rm(old, { recursive: true, force: true }).catch(() => undefined)
  }
}

const MANIFEST = 'manifest.json'
/** By its first slot and its node. */
const SHARD_FILE = /^\d{5}-[0-9a-f]{40}\.rdb(\.gz|\.zst)?$/

/** Whether there is nothing in a folder that a dump has not put there. */
async function isDump(path: string): Promise<boolean> {
  const names = await readdir(path).catch(failed(path))
  return names.every((name) => name === MANIFEST || SHARD_FILE.test(name))
}

/** Hidden, and with a name of its own. */
function besides(path: string): string {
  const whole = resolve(path)
  return join(dirname(whole), `.${basename(whole)}.${randomHex(4)}.part`)
}

function failed(path: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    throw error instanceof ReplError ? error : new ReplError('WRITE', { path, output: 'FILE', errno: errnoOf(error) }, error)
  }
}
