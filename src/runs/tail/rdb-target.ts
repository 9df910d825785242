/** The file of `--rdb`. A snapshot replaces an earlier one of the same run. Only --force replaces any other file. */

import type { PayloadGuard } from '../../engine/ask/payload-guard.ts'
import type { Store } from '../../engine/goal.ts'
import { CompressingSink, compressor } from '../../io/sinks/compress.ts'
import { checkPlace, type RdbFile } from '../../io/sinks/rdb-file.ts'
import { compressionNamed } from '../compressed-name.ts'
import { rdbFile } from '../stores.ts'
import type { RdbPlan } from './plan.ts'

/** @throws ReplError USAGE if the name is that of a compression that we do not have */
export function rdbPlan(path: string, force: boolean, isCluster: boolean): RdbPlan {
  // In a cluster it names a folder.
  const compression = isCluster ? undefined : compressionNamed(path, '--rdb')
  return { path, force, ...(compression && { compression }) }
}

export class RdbTarget {
  readonly #plan: RdbPlan
  readonly #guard: () => PayloadGuard
  #last: RdbFile | undefined

  /** @param guard makes the guard of one payload */
  constructor(plan: RdbPlan, guard: () => PayloadGuard) {
    this.#plan = plan
    this.#guard = guard
  }

  /** Finds an unusable path before any server is contacted. @throws ReplError OUTPUT_EXISTS, OUTPUT_FAILED; NOT_SUPPORTED without zstd */
  async check(): Promise<void> {
    const { path, force, compression } = this.#plan
    if (compression) compressor(compression, undefined).destroy()
    await checkPlace(path, force)
  }

  /** @throws ReplError OUTPUT_EXISTS, OUTPUT_FAILED */
  async open(): Promise<Store> {
    const { path, force, compression } = this.#plan
    const isOwn = (await this.#last?.hasItsName()) === true
    this.#last = await rdbFile(path, force || isOwn)
    const sink = compression ? new CompressingSink(this.#last, compression, compressor(compression, undefined)) : this.#last
    return { sink, path, guard: this.#guard() }
  }
}
