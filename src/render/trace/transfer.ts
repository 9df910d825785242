/** Progress of an RDB transfer: the phase, the received bytes, the rate and the time left. */
import { bytes, duration, exact } from '../../diagnosis/units.ts'
import type { ReplEvent } from '../../engine/events.ts'
import { printable } from '../base/printable.ts'
import type { Progress } from '../base/progress.ts'

const STEADY_MS = 500

export class TransferProgress {
  readonly #progress: Progress
  #startedAt = 0
  #received = 0
  #total: number | undefined
  #keys = ''
  #share = 0
  #isOver = false

  constructor(progress: Progress) {
    this.#progress = progress
  }

  show(event: ReplEvent): void {
    if (event.type === 'connected') this.#progress.update('shaking hands', printable(event.remote))
    if (event.type === 'bgsave') this.#countKeys(event.keysDone, event.keysTotal)
    if (event.type === 'payload-start') {
      this.#startedAt = event.at
      this.#total = event.framing.kind === 'length' ? event.framing.bytes : undefined
    }
    if (event.type === 'payload-progress') this.#received = event.bytes
    if (event.type === 'payload-end') {
      this.#isOver = true
      this.#progress.update('syncing to disk', bytes(event.bytes))
    }
    if (this.#isOver) return
    if (event.type !== 'payload-progress' && event.type !== 'bgsave' && event.type !== 'keep-alive') return
    if (this.#startedAt > 0) this.#showTransfer(event.at)
    else this.#progress.update('waiting for BGSAVE', this.#keys)
  }

  #countKeys(done: number, total: number): void {
    this.#share = Math.min(1, done / total)
    this.#keys = `${exact(done)} of ${exact(total)} keys`
  }

  #showTransfer(at: number): void {
    const elapsed = at - this.#startedAt
    const share = this.#total ? this.#received / this.#total : this.#share
    // Rates over the first moments are meaningless.
    const isSteady = elapsed > STEADY_MS
    const rate = isSteady ? `, ${bytes((this.#received / elapsed) * 1000)}/s` : ''
    const left = isSteady && share > 0.01 && share < 1 ? `, ${duration((elapsed / share) * (1 - share))} left` : ''
    const size = this.#total ? `${bytes(this.#received)} of ${bytes(this.#total)}` : bytes(this.#received)
    this.#progress.update('receiving and verifying', `${size}${rate}${left}`)
  }
}
