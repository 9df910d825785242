/** The file of `--rdb`. A later snapshot of the same run replaces an earlier one; a foreign file is replaced with --force only. */

import type { Store } from '../../engine/goal.ts'
import { ReplError } from '../../errors.ts'
import { exists, type RdbFile } from '../../io/sinks/rdb-file.ts'
import { rdbFile } from '../stores.ts'
import type { RdbPlan } from './plan.ts'

export class RdbTarget {
  readonly #plan: RdbPlan
  #last: RdbFile | undefined

  constructor(plan: RdbPlan) {
    this.#plan = plan
  }

  /** Before a server is contacted, instead of at the first gap. @throws ReplError OUTPUT_EXISTS */
  async check(): Promise<void> {
    const { path, force } = this.#plan
    if (!force && (await exists(path))) throw new ReplError('OUTPUT_EXISTS', { path })
  }

  /** @throws ReplError OUTPUT_EXISTS, OUTPUT_FAILED */
  async open(): Promise<Store> {
    const { path, force } = this.#plan
    const isOwn = (await this.#last?.hasItsName()) === true
    this.#last = await rdbFile(path, force || isOwn)
    return { sink: this.#last, path }
  }
}
