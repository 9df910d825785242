/** One after the other, in the order in which they came: for an output that several write to. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  /** A failure is that of its own turn alone. */
  async take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work)
    this.#last = turn.catch(() => undefined)
    return await turn
  }
}
