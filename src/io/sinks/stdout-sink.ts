/** Writes a payload to stdout. */
import { abortError, stopIfAborted } from '../../errors.ts'
import { onAbort } from '../on-abort.ts'
import { writeError } from './folder.ts'
import type { RdbSink, Written } from './rdb-sink.ts'

/** Passes bytes through unchanged. A broken pipe is an error. The signal ends the wait for a stalled reader. */
export class StdoutSink implements RdbSink {
  readonly isStdout = true
  readonly #signal: AbortSignal

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  async reserve(): Promise<void> {}

  async write(bytes: Buffer): Promise<void> {
    stopIfAborted(this.#signal)
    let removeListener = () => {}
    await new Promise<void>((resolve, reject) => {
      removeListener = onAbort(this.#signal, () => reject(abortError(this.#signal)))
      process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()))
    })
      .catch(writeError('stdout', 'STDOUT'))
      .finally(() => removeListener())
  }

  async commit(): Promise<Written> {
    return {}
  }

  async abandon(): Promise<void> {}
}
