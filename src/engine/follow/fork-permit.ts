/** Permission to fork the server, once per link. Renewed only after a fork led to a usable stream. */
export class ForkPermit {
  #isAvailable = true
  #isTaken = false

  /** For the link about to be opened. @param isWanted whether that link could use it */
  take(isWanted: boolean): boolean {
    this.#isTaken = isWanted && this.#isAvailable
    if (this.#isTaken) this.#isAvailable = false
    return this.#isTaken
  }

  /** For a link that did not fork the server. */
  giveBack(): void {
    if (this.#isTaken) this.#isAvailable = true
  }

  renew(): void {
    this.#isAvailable = true
  }
}
