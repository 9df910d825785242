/** Where to go on after the process has ended, however it ended: one small file that is always whole. */
import { constants, fstatSync } from 'node:fs'
import { access, open, readFile, rename } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { errnoOf, ReplError, type StateFileProblem } from '../../errors.ts'
import { syncDescriptor } from './output.ts'
import { syncFolder } from './rdb-file.ts'

const SCHEMA = 'redis-repl/tail-state/1'
const CLUSTER_SCHEMA = 'redis-repl/tail-cluster-state/1'
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

/** How far one shard of a cluster is. */
export interface SavedShard extends SavedState {
  /** Its name in the output. */
  readonly shard: string
  /** The ids of its nodes, whichever of them is the master. */
  readonly nodes: readonly string[]
}

/** As it is saved. */
export function stateRecord(state: SavedState): object {
  return { schema: SCHEMA, ...state }
}

export function clusterRecord(shards: readonly SavedShard[]): object {
  return { schema: CLUSTER_SCHEMA, shards }
}

/** @throws ReplError USAGE (STATE_FILE) for a file that cannot be read or holds something else; undefined for none. */
export async function readState(path: string): Promise<SavedState | undefined> {
  return await readRecord(path, SCHEMA, (record) => (isState(record) ? record : undefined))
}

/** @throws ReplError USAGE (STATE_FILE), as readState */
export async function readClusterState(path: string): Promise<readonly SavedShard[] | undefined> {
  return await readRecord(path, CLUSTER_SCHEMA, ({ shards }) => (Array.isArray(shards) && shards.every(isShard) ? shards : undefined))
}

type Fields = Readonly<Record<string, unknown>>

async function readRecord<T>(path: string, schema: string, parse: (record: Fields) => T | undefined): Promise<T | undefined> {
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

function isState(record: unknown): record is SavedState {
  const { replid, offset, db, transaction } = (record ?? {}) as Fields
  return /^[0-9a-f]{40}$/i.test(String(replid)) && isCount(offset) && isCountOrNull(db) && isCountOrNull(transaction)
}

function isShard(record: unknown): record is SavedShard {
  const { shard, nodes } = (record ?? {}) as Fields
  return isState(record) && typeof shard === 'string' && Array.isArray(nodes)
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function isCountOrNull(value: unknown): boolean {
  return value === null || isCount(value)
}

function unusable(path: string, problem: StateFileProblem): ReplError {
  return new ReplError('STATE_FILE', { path, ...problem })
}

/** Before anything is started that the state is to be kept of. @throws ReplError USAGE (STATE_FILE) */
export async function checkStateFile(path: string): Promise<void> {
  await access(dirname(resolve(path)), constants.W_OK | constants.X_OK).catch((error: NodeJS.ErrnoException) => {
    throw unusable(path, { problem: 'UNWRITABLE', errno: errnoOf(error) })
  })
}

/** Writes the newest state now and then: beside the file first, so that there is never half of one. */
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

  /** @param state asked for only when it is time. @throws ReplError OUTPUT_FAILED. */
  async save(state: () => object, at: number): Promise<void> {
    if (at - this.#savedAt >= SAVE_EVERY_MS) await this.saveNow(state(), at)
  }

  async saveNow(state: object, at: number): Promise<void> {
    this.#savedAt = at
    const text = `${JSON.stringify(state)}\n`
    if (text === this.#saved) return
    await this.#write(text).catch((error: NodeJS.ErrnoException) => {
      throw new ReplError('WRITE', { path: this.#path, errno: errnoOf(error) }, error)
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
