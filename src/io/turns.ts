/** Runs tasks one after the other, in the order of the calls: for an output with several writers. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  /** A failed task does not affect later ones. */
  async take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work)
    this.#last = turn.catch(() => undefined)
    return await turn
  }
}
