/** Where payloads go, with memory in which their checksum can be computed without a copy. */
import type { Store } from '../engine/goal.ts'
import { RdbFile, TempRdb } from '../io/sinks/rdb-file.ts'
import { NullSink } from '../io/sinks/rdb-sink.ts'
import { summableBuffer } from '../rdb/crc64.ts'

/** @throws ReplError OUTPUT_EXISTS, OUTPUT_FAILED */
export async function rdbFile(path: string, overwrite: boolean): Promise<RdbFile> {
  return await RdbFile.create(path, overwrite, summableBuffer)
}

/** Written and synced as by a replica, then removed. @throws ReplError OUTPUT_EXISTS, OUTPUT_FAILED */
export async function temporaryStore(path: string): Promise<Store> {
  return { sink: await TempRdb.create(path, summableBuffer), path }
}

/** Verified on the way through, and not kept. */
export function nullStore(): Store {
  return { sink: new NullSink() }
}
