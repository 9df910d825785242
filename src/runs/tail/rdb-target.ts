/** The file of `--rdb`. A snapshot replaces an earlier one of the same run. Only --force replaces any other file. */

import type { Store } from '../../engine/goal.ts'
import { checkPlace, type RdbFile } from '../../io/sinks/rdb-file.ts'
import { rdbFile } from '../stores.ts'
import type { RdbPlan } from './plan.ts'

export class RdbTarget {
  readonly #plan: RdbPlan
  #last: RdbFile | undefined

  constructor(plan: RdbPlan) {
    this.#plan = plan
  }

  /** Finds an unusable path before any server is contacted. @throws ReplError OUTPUT_EXISTS, OUTPUT_FAILED */
  async check(): Promise<void> {
    await checkPlace(this.#plan.path, this.#plan.force)
  }

  /** @throws ReplError OUTPUT_EXISTS, OUTPUT_FAILED */
  async open(): Promise<Store> {
    const { path, force } = this.#plan
    const isOwn = (await this.#last?.hasItsName()) === true
    this.#last = await rdbFile(path, force || isOwn)
    return { sink: this.#last, path }
  }
}
