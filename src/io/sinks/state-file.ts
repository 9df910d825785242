/** The checkpoint from which a later run resumes: one small file that is always complete, however a run ends. */

import { constants, fdatasync, fstatSync } from 'node:fs'
import { access, open, readFile, rename } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { promisify } from 'node:util'
import { errnoOf, ReplError, type StateFileProblem } from '../../errors.ts'
import { syncFolder, writeError } from './folder.ts'

const syncDescriptor = promisify(fdatasync)
/** How far the file may lag behind the output. */
const SAVE_EVERY_MS = 200

type Fields = Readonly<Record<string, unknown>>

/**
 * Undefined if the file does not exist.
 * @param parse returns undefined for a record that does not match the schema
 * @throws ReplError USAGE (STATE_FILE) if the file cannot be read or contains something else
 */
export async function readState<T>(path: string, schema: string, parse: (record: Fields) => T | undefined): Promise<T | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw stateFileError(path, { problem: 'UNREADABLE', errno: errnoOf(error) })
  })
  if (text === undefined) return undefined
  const { schema: found, ...record } = fieldsOf(text)
  const state = found === schema ? parse(record) : undefined
  if (!state) throw stateFileError(path, { problem: 'OTHER', schema })
  return state
}

function fieldsOf(text: string): Fields {
  try {
    return JSON.parse(text) ?? {}
  } catch {
    return {}
  }
}

function stateFileError(path: string, problem: StateFileProblem): ReplError {
  return new ReplError('STATE_FILE', { path, ...problem })
}

/** Call before a run starts: checks that its state can be saved. @throws ReplError USAGE (STATE_FILE) */
export async function checkStateFile(path: string): Promise<void> {
  await access(dirname(resolve(path)), constants.W_OK | constants.X_OK).catch((error: NodeJS.ErrnoException) => {
    throw stateFileError(path, { problem: 'UNWRITABLE', errno: errnoOf(error) })
  })
}

/** Saves the newest state at intervals: to a temporary file first, so that the file is never incomplete. */
export class StateFile {
  readonly #path: string
  readonly #output: number
  #saved: string | undefined
  #savedAt = Number.NEGATIVE_INFINITY

  /** @param output the output's file descriptor: its bytes must be durable before a state that covers them is saved */
  constructor(path: string, output: number) {
    this.#path = path
    this.#output = output
  }

  /** @throws ReplError OUTPUT_FAILED */
  async save(state: object, at: number): Promise<void> {
    if (at - this.#savedAt >= SAVE_EVERY_MS) await this.saveNow(state, at)
  }

  async saveNow(state: object, at: number): Promise<void> {
    this.#savedAt = at
    const text = `${JSON.stringify(state)}\n`
    if (text === this.#saved) return
    await this.#write(text).catch(writeError(this.#path, 'STATE'))
    this.#saved = text
  }

  async #write(text: string): Promise<void> {
    // Bytes in a pipe are the reader's responsibility. Bytes in a file can still be lost in a power failure.
    if (fstatSync(this.#output).isFile()) await syncDescriptor(this.#output)
    const part = `${this.#path}.part`
    const file = await open(part, 'w', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(part, this.#path)
    await syncFolder(dirname(resolve(this.#path)))
  }
}
