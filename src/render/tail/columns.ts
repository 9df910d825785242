/** The columns before each command, on a terminal: as wide as the widest cell so far, and dim up to the database. */

export class Columns {
  readonly #dim: (text: string) => string
  #serverWidth = 0
  #offsetWidth = 0
  #dbWidth = 0

  constructor(dim: (text: string) => string) {
    this.#dim = dim
  }

  /** @param db undefined while it is unknown @returns the line up to the command, without the space before it */
  aligned(server: string | undefined, stamp: string | undefined, offset: number, db: number | undefined): string {
    const [offsetText, dbText] = [String(offset), db === undefined ? '?' : String(db)]
    this.#serverWidth = Math.max(this.#serverWidth, server?.length ?? 0)
    this.#offsetWidth = Math.max(this.#offsetWidth, offsetText.length)
    this.#dbWidth = Math.max(this.#dbWidth, dbText.length)
    const place = [stamp, offsetText.padStart(this.#offsetWidth)].filter((part) => part !== undefined).join(' ')
    const name = server === undefined ? '' : `${server.padEnd(this.#serverWidth)} `
    return `${name}${this.#dim(place)} ${dbText.padStart(this.#dbWidth)}`
  }
}
