/** Where to go on after the process has ended, however it ended: one small file that is always whole. */
import { fstatSync } from 'node:fs'
import { open, readFile, rename } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { ReplError } from '../errors.ts'
import { syncDescriptor } from './output.ts'
import { syncFolder } from './rdb-file.ts'

const SCHEMA = 'redis-repl/tail-state/1'
/** How long the file may lag behind the output. */
const SAVE_EVERY_MS = 200

/** Everything up to this offset is with the reader of the output. */
export interface SavedState {
  readonly replid: string
  readonly offset: number
  readonly db: number | null
  /** The offset before the MULTI that the offset stands in. */
  readonly transaction: number | null
}

/** @throws ReplError USAGE (STATE_FILE) for a file that cannot be read or holds something else; undefined for none. */
export async function readState(path: string): Promise<SavedState | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw unusable(path, error.code ?? error.message)
  })
  if (text === undefined) return undefined
  const state = parse(text)
  if (!state) throw unusable(path, `it is no ${SCHEMA}`)
  return state
}

function parse(text: string): SavedState | undefined {
  try {
    const { schema, replid, offset, db, transaction } = JSON.parse(text)
    const isWhole = schema === SCHEMA && /^[0-9a-f]{40}$/i.test(replid) && isCount(offset)
    return isWhole && isCountOrNull(db) && isCountOrNull(transaction) ? { replid, offset, db, transaction } : undefined
  } catch {
    return undefined
  }
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function isCountOrNull(value: unknown): boolean {
  return value === null || isCount(value)
}

function unusable(path: string, errno: string): ReplError {
  return new ReplError('USAGE', { reason: 'STATE_FILE', path, errno })
}

/** Writes the newest state now and then: beside the file first, so that there is never half of one. */
export class StateFile {
  readonly #path: string
  readonly #output: number
  #saved: SavedState | undefined
  #savedAt = Number.NEGATIVE_INFINITY

  /** @param output the file descriptor whose bytes must be safe before the state says so */
  constructor(path: string, output: number) {
    this.#path = path
    this.#output = output
  }

  /** @throws ReplError OUTPUT_FAILED. */
  async save(state: SavedState, at: number): Promise<void> {
    if (at - this.#savedAt >= SAVE_EVERY_MS) await this.saveNow(state, at)
  }

  async saveNow(state: SavedState, at: number): Promise<void> {
    this.#savedAt = at
    if (this.#saved?.offset === state.offset && this.#saved.replid === state.replid) return
    await this.#write(`${JSON.stringify({ schema: SCHEMA, ...state })}\n`).catch((error: NodeJS.ErrnoException) => {
      throw new ReplError('OUTPUT_FAILED', { reason: 'WRITE', path: this.#path, errno: error.code ?? error.message }, error)
    })
    this.#saved = state
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
