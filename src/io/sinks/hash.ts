/** Computes the SHA-256 of a payload on a separate thread. */

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { RdbSink, Written } from './rdb-sink.ts'

/**
 * The thread's program: hashes each chunk, returns its memory, and sends the digest at the end. It is a string, not a file,
 * because worker threads of Node 20 do not use the loader that runs our sources.
 */
const PROGRAM = `
const { parentPort } = require('node:worker_threads')
const hash = require('node:crypto').createHash('sha256')
parentPort.on('message', (message) => {
  if (message === null) {
    parentPort.postMessage(hash.digest('hex'))
    parentPort.close()
    return
  }
  hash.update(new Uint8Array(message.memory, 0, message.length))
  parentPort.postMessage(message.memory, [message.memory])
})`
/** How many chunks may be in flight to the thread. */
const AHEAD = 8

export class HashingSink implements RdbSink {
  readonly #sink: RdbSink
  readonly #worker = new Worker(PROGRAM, { eval: true })
  /** Memory that the thread has returned. */
  readonly #spare: ArrayBuffer[] = []
  #inFlight = 0
  #failure: unknown
  #wake = () => {}

  constructor(sink: RdbSink) {
    this.#sink = sink
    this.#worker.on('message', (memory: unknown) => {
      if (!(memory instanceof ArrayBuffer)) return
      this.#spare.push(memory)
      this.#inFlight -= 1
      this.#wake()
    })
    this.#worker.on('error', (error) => {
      this.#failure = error
      this.#wake()
    })
  }

  get isStdout(): boolean {
    return this.#sink.isStdout ?? false
  }

  async reserve(bytes: number): Promise<void> {
    await this.#sink.reserve(bytes)
  }

  async write(bytes: Buffer): Promise<void> {
    while (this.#inFlight >= AHEAD && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    if (this.#failure !== undefined) throw this.#failure
    const fitting = this.#spare.findIndex(({ byteLength }) => byteLength >= bytes.length)
    const [memory = new ArrayBuffer(bytes.length)] = fitting < 0 ? [] : this.#spare.splice(fitting, 1)
    new Uint8Array(memory).set(bytes)
    this.#inFlight += 1
    this.#worker.postMessage({ memory, length: bytes.length }, [memory])
    await this.#sink.write(bytes)
  }

  async commit(): Promise<Written> {
    if (this.#failure !== undefined) throw this.#failure
    const digest = new Promise<string>((resolve) => {
      this.#worker.on('message', (text: unknown) => typeof text === 'string' && resolve(text))
    })
    this.#worker.postMessage(null)
    const lost = once(this.#worker, 'error').then(([error]) => {
      throw error
    })
    const sha256 = await Promise.race([digest, lost])
    return { ...(await this.#sink.commit()), sha256 }
  }

  async abandon(): Promise<void> {
    await this.#worker.terminate()
    await this.#sink.abandon()
  }
}
