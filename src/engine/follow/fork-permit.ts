/**
 * Leave to fork the server, for one link at a time. There is one at the beginning; another has to be earned by a stream that
 * came of the last, so nothing that forks is ever tried twice in a row.
 */
export class ForkLeave {
  #isThere = true
  #isOut = false

  /** For the link that is made now. @param isWanted whether it could use it */
  take(isWanted: boolean): boolean {
    this.#isOut = isWanted && this.#isThere
    if (this.#isOut) this.#isThere = false
    return this.#isOut
  }

  /** This link is served from the backlog: nothing was forked for it. */
  giveBack(): void {
    if (this.#isOut) this.#isThere = true
  }

  earn(): void {
    this.#isThere = true
  }
}
