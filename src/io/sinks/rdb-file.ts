/**
 * An RDB under its final name is whole and verified: it is written beside it as `.part`, synced, and only then named.
 */
import { link, lstat, mkdir, open, rename, statfs, unlink } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { ReplError, stopIfAborted } from '../../errors.ts'
import { onAbort } from '../on-abort.ts'
import { randomHex } from '../random-hex.ts'
import { begun, finished } from '../unfinished.ts'
import { BlockWriter } from './block-writer.ts'

/** What became of a payload in its sink, where it is not the payload as it came. */
export interface Written {
  readonly compression?: 'gzip' | 'zstd'
  /** In the file, when it was compressed. */
  readonly bytes?: number
  /** Of the file. */
  readonly sha256?: string
}

/** Where the payload of a dump goes. `write` resolves when the bytes may be overwritten. */
export interface RdbSink {
  /** Whether what was written cannot be called back. */
  readonly isStdout?: boolean
  /**
   * The memory that the byte at this position of the payload will be written from, and some that follow it: what is received
   * there is not copied. Nothing may be put there before all but the last 40 bytes before it were written.
   * Absent where any memory will do.
   */
  room?(position: number): Buffer
  /** Called when the master names the size; throws before a byte is received when there is no room for it. */
  reserve(bytes: number): Promise<void>
  write(bytes: Buffer): Promise<void>
  /** After the last byte was verified. */
  commit(): Promise<Written>
  /** After any failure; leaves nothing behind. */
  abandon(): Promise<void>
}

/** @throws ReplError OUTPUT_EXISTS, OUTPUT_FAILED from every method but abandon. */
export class RdbFile implements RdbSink {
  readonly #path: string
  readonly #part: string
  readonly #file: BlockWriter
  readonly #overwrite: boolean

  private constructor(path: string, part: string, file: BlockWriter, overwrite: boolean) {
    this.#path = path
    this.#part = part
    this.#file = file
    this.#overwrite = overwrite
    begun(part)
  }

  /** Opens the `.part`. Its name is random, so that neither a dump beside us nor a remnant of a killed one is in the way. */
  static async create(path: string, overwrite: boolean): Promise<RdbFile> {
    const existing = await lstat(path).catch(() => undefined)
    if (existing && !existing.isFile()) throw new ReplError('OUTPUT_FAILED', { reason: 'NOT_A_FILE', path })
    if (existing && !overwrite) throw new ReplError('OUTPUT_EXISTS', { path })
    const part = `${path}.${randomHex(4)}.part`
    const file = await BlockWriter.create(part).catch(failed(path))
    return new RdbFile(path, part, file, overwrite)
  }

  async reserve(bytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(dirname(resolve(this.#path))).catch(failed(this.#path))
    if (bavail * bsize < bytes) {
      throw new ReplError('OUTPUT_FAILED', { reason: 'NO_SPACE', path: this.#path, bytes: bavail * bsize, expectedBytes: bytes })
    }
  }

  room(position: number): Buffer {
    return this.#file.room(position)
  }

  async write(bytes: Buffer): Promise<void> {
    await this.#file.write(bytes).catch(failed(this.#path))
  }

  async sync(): Promise<void> {
    await this.#file.sync().catch(failed(this.#path))
  }

  async commit(): Promise<Written> {
    await this.sync()
    await this.#file.close().catch(failed(this.#path))
    await (this.#overwrite ? rename(this.#part, this.#path) : this.#nameWithoutReplacing()).catch(failed(this.#path))
    finished(this.#part)
    await syncFolder(dirname(resolve(this.#path)))
    return {}
  }

  async abandon(): Promise<void> {
    await this.#file.close().catch(() => undefined)
    await unlink(this.#part).catch(() => undefined) // it may have its final name already
    finished(this.#part)
  }

  /** A hard link fails where the name exists; a rename would replace a file that appeared while we were receiving. */
  async #nameWithoutReplacing(): Promise<void> {
    try {
      await link(this.#part, this.#path)
      await unlink(this.#part)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error
      await rename(this.#part, this.#path) // a file system without hard links
    }
  }
}

/**
 * A payload that is received as a replica does it, into a file of its own that is synced when it is whole, and that
 * nobody keeps.
 */
export class TempRdb implements RdbSink {
  readonly #file: RdbFile

  private constructor(file: RdbFile) {
    this.#file = file
  }

  static async create(path: string): Promise<TempRdb> {
    return new TempRdb(await RdbFile.create(path, false))
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

/** Takes everything and keeps nothing: a payload that is verified on its way through. */
export class NullSink implements RdbSink {
  async reserve(): Promise<void> {}
  async write(): Promise<void> {}
  async commit(): Promise<Written> {
    return {}
  }
  async abandon(): Promise<void> {}
}

/** Bytes as they come, for a pipe. A broken one is an error, and the signal ends the waiting for a reader that stalls. */
export class StdoutSink implements RdbSink {
  readonly isStdout = true
  readonly #signal: AbortSignal

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  async reserve(): Promise<void> {}

  async write(bytes: Buffer): Promise<void> {
    stopIfAborted(this.#signal)
    let forget = () => {}
    await new Promise<void>((resolve, reject) => {
      forget = onAbort(this.#signal, () => reject(new ReplError('ABORTED')))
      process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()))
    })
      .catch(failed('stdout'))
      .finally(() => forget())
  }

  async commit(): Promise<Written> {
    return {}
  }

  async abandon(): Promise<void> {}
}

/** @throws ReplError OUTPUT_FAILED */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 }).catch(failed(path))
}

/** The bytes of a name are only safe once the folder that holds it is; some file systems cannot, and say so. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined)
  await folder?.sync().catch(() => undefined)
  await folder?.close()
}

function failed(path: string): (error: NodeJS.ErrnoException | ReplError) => never {
  return (error) => {
    if (error instanceof ReplError) throw error
    if (error.code === 'EEXIST') throw new ReplError('OUTPUT_EXISTS', { path }, error)
    throw new ReplError('OUTPUT_FAILED', { reason: 'WRITE', path, errno: error.code ?? error.message }, error)
  }
}
