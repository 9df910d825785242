/** Where payloads go. Files get buffers whose checksum is computed in place, without a copy. */
import type { Store } from '../engine/goal.ts'
import { RdbFile, TempRdb } from '../io/sinks/rdb-file.ts'
import { NullSink } from '../io/sinks/rdb-sink.ts'
import { summableBuffer } from '../rdb/crc64.ts'

/** @throws ReplError OUTPUT_EXISTS, OUTPUT_FAILED */
export async function rdbFile(path: string, overwrite: boolean): Promise<RdbFile> {
  return await RdbFile.create(path, overwrite, summableBuffer)
}

/** Writes and syncs the payload as a replica does, then removes the file. @throws ReplError OUTPUT_EXISTS, OUTPUT_FAILED */
export async function temporaryStore(path: string): Promise<Store> {
  return { sink: await TempRdb.create(path, summableBuffer), path }
}

/** Verifies the payload as it arrives and discards it. */
export function nullStore(): Store {
  return { sink: new NullSink() }
}
