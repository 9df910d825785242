/** Where a later run resumes, however this one ends: one small file that is always whole. */

import { constants, fdatasync, fstatSync } from 'node:fs'
import { access, open, readFile, rename } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { promisify } from 'node:util'
import { errnoOf, ReplError, type StateFileProblem } from '../../errors.ts'
import { syncFolder } from './folder.ts'

const syncDescriptor = promisify(fdatasync)
/** How old the file may be, compared with the output. */
const SAVE_EVERY_MS = 200

type Fields = Readonly<Record<string, unknown>>

/**
 * Undefined where there is no file.
 * @param parse undefined for a record that is not of that schema after all
 * @throws ReplError USAGE (STATE_FILE) for a file that cannot be read or holds something else
 */
export async function readState<T>(path: string, schema: string, parse: (record: Fields) => T | undefined): Promise<T | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw unusable(path, { problem: 'UNREADABLE', errno: errnoOf(error) })
  })
  if (text === undefined) return undefined
  const { schema: found, ...record } = fieldsOf(text)
  const state = found === schema ? parse(record) : undefined
  if (!state) throw unusable(path, { problem: 'OTHER', schema })
  return state
}

function fieldsOf(text: string): Fields {
  try {
    return JSON.parse(text) ?? {}
  } catch {
    return {}
  }
}

function unusable(path: string, problem: StateFileProblem): ReplError {
  return new ReplError('STATE_FILE', { path, ...problem })
}

/** Before anything is started whose state could not be saved. @throws ReplError USAGE (STATE_FILE) */
export async function checkStateFile(path: string): Promise<void> {
  await access(dirname(resolve(path)), constants.W_OK | constants.X_OK).catch((error: NodeJS.ErrnoException) => {
    throw unusable(path, { problem: 'UNWRITABLE', errno: errnoOf(error) })
  })
}

/** Saves the newest state now and then: under another name first, so that there is never half of one. */
export class StateFile {
  readonly #path: string
  readonly #output: number
  #saved: string | undefined
  #savedAt = Number.NEGATIVE_INFINITY

  /** @param output the file descriptor whose bytes must be safe before the state says so */
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
    await this.#write(text).catch((error: NodeJS.ErrnoException) => {
      throw new ReplError('WRITE', { path: this.#path, output: 'FILE', errno: errnoOf(error) }, error)
    })
    this.#saved = text
  }

  async #write(text: string): Promise<void> {
    // What a pipe has taken is its reader's; what a file has taken may still be lost with the power.
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
