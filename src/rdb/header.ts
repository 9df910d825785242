/**
 * Reads the start of an RDB, up to its first key (rdb.c, rdbSaveRio; Redis 3.2 and later): the auxiliary fields, which name the
 * server, the time and the replication position, the slots that are being imported, and the key count of the first database.
 * The count of a later database can only be found by reading all keys before it.
 */
import type { SlotRange } from '../protocol/cluster/cluster-map.ts'
import { Cursor } from './cursor.ts'

const AUX = 0xfa
const RESIZEDB = 0xfb
const SELECTDB = 0xfe
const EOF = 0xff
const FUNCTION = 0xf5
const MODULE_AUX = 0xf7
const SLOT_INFO = 0xf4
/** In Valkey’s format only (VALKEY080, RDB_OPCODE_SLOT_IMPORT). Redis uses this code for the metadata of a key. */
const SLOT_IMPORT = 0xf3
/** Codes above the value types. An unknown one may be followed by anything. */
const FIRST_OPCODE = 0xf0
/** Aux fields that are repeated: cached scripts of EVAL (4.0 to 6.2), and what each slot holds (Valkey 8.0). */
const REPEATED = new Set(['lua', 'slot-info'])
/** Aux fields that only a cluster node writes. */
const SLOT_FIELDS = new Set(['slot-info', 'cluster-asm-task', 'cluster-slot-states'])

const MAGIC_BYTES = 9
/** Far more than the start of an RDB takes, unless it has large functions. What comes after this limit is not reported. */
const HEAD_BYTES = 1024 * 1024

/** The database whose keys come first. The lowest database with keys comes first. */
export interface FirstDatabase {
  readonly db: number
  readonly keys: number
  /** How many of them expire. */
  readonly expires: number
}

export interface RdbHeader {
  /** `REDIS0012`, `VALKEY080`. */
  readonly magic: string
  readonly version: number
  readonly aux: Readonly<Record<string, string>>
  /** Whether the RDB ends before its first key. Absent if its start does not show that. */
  readonly isEmpty?: boolean
  /** Absent for an empty RDB, and for one without key counts (up to 3.0). */
  readonly firstDatabase?: FirstDatabase
  /** Slots of other nodes that this node imports: their keys are in the RDB too (Valkey 9). */
  readonly importedSlots?: readonly SlotRange[]
  /** Whether the server is a cluster node; only newer servers show it (Redis 7.4, Valkey 8.0). */
  readonly hasSlots?: boolean
}

/** Collects the first bytes of a payload and reads as many records as they contain. */
export class RdbHead {
  #pending: Buffer = Buffer.alloc(0)
  #read = 0
  #isOver = false
  #magic: string | undefined
  readonly #aux: Record<string, string> = {}
  readonly #imported: SlotRange[] = []
  #db: number | undefined
  #first: FirstDatabase | undefined
  #isEmpty: boolean | undefined
  #hasSlots = false

  push(chunk: Buffer): void {
    if (this.#isOver) return
    this.#pending = Buffer.concat([this.#pending, chunk.subarray(0, HEAD_BYTES - this.#read - this.#pending.length)])
    while (!this.#isOver) {
      const cursor = new Cursor(this.#pending, 0)
      this.#record(cursor)
      if (cursor.isShort) break
      this.#read += cursor.at
      this.#pending = this.#pending.subarray(cursor.at)
      this.#isOver ||= cursor.isStrange
    }
    if (this.#read + this.#pending.length >= HEAD_BYTES) this.#isOver = true
    if (this.#isOver) this.#pending = Buffer.alloc(0)
  }

  /** What has been read so far, or undefined before the magic is complete. */
  parse(): RdbHeader | undefined {
    const magic = this.#magic
    if (magic === undefined) return undefined
    return {
      magic,
      version: Number(/\d+$/.exec(magic)?.[0]),
      aux: this.#aux,
      ...(this.#isEmpty !== undefined && { isEmpty: this.#isEmpty }),
      ...(this.#first && { firstDatabase: this.#first }),
      ...(this.#imported.length > 0 && { importedSlots: this.#imported }),
      ...(this.#hasSlots && { hasSlots: true }),
    }
  }

  /** Reads one record. Changes nothing if the cursor runs short. */
  #record(cursor: Cursor): void {
    if (this.#magic === undefined) {
      this.#readMagic(cursor)
      return
    }
    const code = cursor.byte()
    if (cursor.isShort) return
    if (code === AUX) this.#readAux(cursor)
    else if (code === FUNCTION) cursor.string()
    else if (code === MODULE_AUX) skipModule(cursor)
    else if (code === SLOT_INFO) this.#readSlot(cursor)
    else if (code === SLOT_IMPORT && this.#magic.startsWith('VALKEY')) this.#readImport(cursor)
    else if (code === SELECTDB) this.#selectDatabase(cursor)
    else if (code === RESIZEDB) this.#countKeys(cursor)
    else this.#endAt(code)
  }

  #readMagic(cursor: Cursor): void {
    cursor.skip(MAGIC_BYTES)
    if (!cursor.isShort) this.#magic = this.#pending.toString('latin1', 0, MAGIC_BYTES)
  }

  #readAux(cursor: Cursor): void {
    const name = cursor.string()
    const value = cursor.string()
    if (cursor.isShort || name === undefined || value === undefined) return
    if (SLOT_FIELDS.has(name)) this.#hasSlots = true
    if (!REPEATED.has(name)) this.#aux[name] = value
  }

  #selectDatabase(cursor: Cursor): void {
    const db = cursor.length()
    if (cursor.isShort) return
    if (this.#db === undefined) this.#db = db
    else this.#isOver = true
  }

  #countKeys(cursor: Cursor): void {
    const [keys, expires] = [cursor.length(), cursor.length()]
    if (!cursor.isShort) this.#first = { db: this.#db ?? 0, keys, expires }
  }

  /** The end, the first key, or a record that is not known here. */
  #endAt(code: number): void {
    this.#isOver = true
    if (code === EOF) {
      this.#isEmpty = true
      // A count that no key follows counts nothing.
      this.#first = undefined
    } else if (code < FIRST_OPCODE || this.#db !== undefined) this.#isEmpty = false
  }

  #readSlot(cursor: Cursor): void {
    skipLengths(cursor, 3)
    if (!cursor.isShort) this.#hasSlots = true
  }

  /** The name of the migration, and its ranges (Valkey rdb.c, rdbSaveSlotImport). */
  #readImport(cursor: Cursor): void {
    cursor.string()
    const count = cursor.length()
    const ranges: SlotRange[] = []
    for (let index = 0; index < count && !cursor.isShort; index++) ranges.push([cursor.length(), cursor.length()])
    if (!cursor.isShort) this.#imported.push(...ranges)
  }
}

function skipLengths(cursor: Cursor, count: number): void {
  for (let index = 0; index < count; index++) cursor.length()
}

/** The data of a module before the keys: its id, and values that each begin with their kind (rdb.h, RDB_MODULE_OPCODE_*). */
function skipModule(cursor: Cursor): void {
  skipLengths(cursor, 3)
  while (!cursor.isShort && !cursor.isStrange) {
    const kind = cursor.length()
    if (kind === 0) return
    if (kind === 1 || kind === 2) cursor.length()
    else if (kind === 3) cursor.skip(4)
    else if (kind === 4) cursor.skip(8)
    else if (kind === 5) cursor.string()
    else cursor.isStrange = true
  }
}
