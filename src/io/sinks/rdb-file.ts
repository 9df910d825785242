/**
 * An RDB under its final name is always complete and verified: it is written to a `.part` file, synced, and only then renamed.
 */
import { constants, type Stats } from 'node:fs'
import { access, lstat, rename, statfs, unlink } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { ReplError } from '../../errors.ts'
import { randomHex } from '../random-hex.ts'
import { begun, finished } from '../unfinished.ts'
import { type Allocate, BlockWriter } from './block-writer.ts'
import { nameWithoutReplacing } from './final-name.ts'
import { namingError, syncFolder, writeError } from './folder.ts'
import type { RdbSink, Written } from './rdb-sink.ts'

/** Identifies a file, whatever its name. */
type Identity = Pick<Stats, 'dev' | 'ino'>

/** Checks that a file can be created there, or replaced if `overwrite`. @throws ReplError OUTPUT_EXISTS, OUTPUT_FAILED */
export async function checkPlace(path: string, overwrite: boolean): Promise<void> {
  const existing = await lstat(path).catch(() => undefined)
  if (existing && !existing.isFile()) throw new ReplError('NOT_A_FILE', { path })
  if (existing && !overwrite) throw new ReplError('OUTPUT_EXISTS', { path })
  await access(dirname(resolve(path)), constants.W_OK | constants.X_OK).catch(writeError(path))
}

/** All methods but `abandon` throw ReplError OUTPUT_EXISTS or OUTPUT_FAILED. */
export class RdbFile implements RdbSink {
  readonly #path: string
  readonly #part: string
  readonly #file: BlockWriter
  readonly #overwrite: boolean
  readonly #identity: Identity
  /** A whole file is never removed, even if it cannot get its name. */
  #isWhole = false

  private constructor(path: string, part: string, file: BlockWriter, overwrite: boolean, identity: Identity) {
    this.#path = path
    this.#part = part
    this.#file = file
    this.#overwrite = overwrite
    this.#identity = identity
    begun(part)
  }

  /**
   * Opens the `.part` file. Its name is random, so it cannot collide with another running dump or the leftover of a killed one.
   * @param memory allocates the write buffer; best page-aligned, and memory in which the checksum is computed in place
   */
  static async create(path: string, overwrite: boolean, memory: Allocate = Buffer.allocUnsafeSlow): Promise<RdbFile> {
    await checkPlace(path, overwrite)
    const part = `${path}.${randomHex(4)}.part`
    const file = await BlockWriter.create(part, memory).catch(writeError(path))
    return new RdbFile(path, part, file, overwrite, await lstat(part).catch(writeError(path)))
  }

  /** Whether the file under the final name is still this one, and not replaced since. */
  async hasItsName(): Promise<boolean> {
    const named = await lstat(this.#path).catch(() => undefined)
    return named?.ino === this.#identity.ino && named.dev === this.#identity.dev
  }

  async reserve(bytes: number): Promise<void> {
    const { blocks, bavail, bsize } = await statfs(dirname(resolve(this.#path))).catch(writeError(this.#path))
    // Some FUSE file systems do not know their size and say 0.
    if (blocks > 0 && bavail * bsize < bytes) {
      throw new ReplError('NO_SPACE', { path: this.#path, freeBytes: bavail * bsize, neededBytes: bytes })
    }
  }

  room(position: number): Buffer {
    return this.#file.room(position)
  }

  async write(bytes: Buffer): Promise<void> {
    await this.#file.write(bytes).catch(writeError(this.#path))
  }

  async sync(): Promise<void> {
    await this.#file.sync().catch(writeError(this.#path))
  }

  async commit(): Promise<Written> {
    await this.sync()
    await this.#file.close().catch(writeError(this.#path))
    this.#isWhole = true
    finished(this.#part)
    const give = this.#overwrite ? rename : nameWithoutReplacing
    await give(this.#part, this.#path).catch(namingError(this.#path, this.#part))
    await syncFolder(dirname(resolve(this.#path)))
    return {}
  }

  async abandon(): Promise<void> {
    await this.#file.close().catch(() => undefined)
    if (!this.#isWhole) await unlink(this.#part).catch(() => undefined)
    finished(this.#part)
  }
}

/** Receives a payload like a replica: into a file that is synced once complete, and then removed. */
export class TempRdb implements RdbSink {
  readonly #file: RdbFile

  private constructor(file: RdbFile) {
    this.#file = file
  }

  static async create(path: string, memory?: Allocate): Promise<TempRdb> {
    return new TempRdb(await RdbFile.create(path, false, memory))
  }

  reserve(bytes: number): Promise<void> {
    return this.#file.reserve(bytes)
  }

  room(position: number): Buffer {
    return this.#file.room(position)
  }

  write(bytes: Buffer): Promise<void> {
    return this.#file.write(bytes)
  }

  async commit(): Promise<Written> {
    await this.#file.sync()
    await this.#file.abandon()
    return {}
  }

  abandon(): Promise<void> {
    return this.#file.abandon()
  }
}
