/** A payload on stdout. */
import { abortedBy, stopIfAborted } from '../../errors.ts'
import { writeFailed } from './folder.ts'
import type { RdbSink, Written } from './rdb-sink.ts'

/** Bytes as they come, for a pipe. A broken pipe is an error, and the signal ends the wait for a reader that stalls. */
export class StdoutSink implements RdbSink {
  readonly isStdout = true
  readonly #signal: AbortSignal

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  async reserve(): Promise<void> {}

  async write(bytes: Buffer): Promise<void> {
    // An abort that already happened fires no event, so check first.
    stopIfAborted(this.#signal)
    let stop = () => {}
    await new Promise<void>((resolve, reject) => {
      stop = () => reject(abortedBy(this.#signal))
      this.#signal.addEventListener('abort', stop)
      process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()))
    })
      .catch(writeFailed('stdout', 'STDOUT'))
      .finally(() => this.#signal.removeEventListener('abort', stop))
  }

  async commit(): Promise<Written> {
    return {}
  }

  async abandon(): Promise<void> {}
}
