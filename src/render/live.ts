/** A text on a terminal that is drawn anew over itself. */

export class LiveText {
  readonly #stream: NodeJS.WriteStream
  #lines = 0

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  draw(text: string): void {
    const back = this.#lines > 0 ? `\x1b[${this.#lines}A\x1b[0J` : ''
    this.#stream.write(`${back}${text}`)
    this.#lines = text.split('\n').length - 1
  }
}
