/** A payload on stdout. */
import { abortedBy, stopIfAborted } from '../../errors.ts'
import { onAbort } from '../on-abort.ts'
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
    stopIfAborted(this.#signal)
    let forget = () => {}
    await new Promise<void>((resolve, reject) => {
      forget = onAbort(this.#signal, () => reject(abortedBy(this.#signal)))
      process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()))
    })
      .catch(writeFailed('stdout', 'STDOUT'))
      .finally(() => forget())
  }

  async commit(): Promise<Written> {
    return {}
  }

  async abandon(): Promise<void> {}
}
