/** A text on a terminal that is drawn anew over itself. */

export class LiveText {
  readonly #stream: NodeJS.WriteStream
  #lines = 0

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  draw(text: string): void {
    this.clear()
    this.#stream.write(text)
    this.#lines = text.split('\n').length - 1
  }

  /** Makes room for something else. */
  clear(): void {
    if (this.#lines > 0) this.#stream.write(`\x1b[${this.#lines}A\x1b[0J`)
    this.#lines = 0
  }
}
