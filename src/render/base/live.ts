/** Text on a terminal that is redrawn in place. */

interface Writer {
  write(text: string): unknown
}

export class LiveText {
  readonly #stream: Writer
  #lines = 0

  constructor(stream: Writer) {
    this.#stream = stream
  }

  draw(text: string): void {
    this.clear()
    this.#stream.write(text)
    this.#lines = text.split('\n').length - 1
  }

  /** Erases the text, to make room for other output. */
  clear(): void {
    if (this.#lines > 0) this.#stream.write(`\x1b[${this.#lines}A\x1b[0J`)
    this.#lines = 0
  }
}
