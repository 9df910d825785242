/** stdout of a command that follows a stream: flow control, checkpoints, and the line that a killed run left open. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { now } from '../clock.ts'
import { Turns } from '../turns.ts'
import { StateFile } from './state-file.ts'
import { StdoutSink } from './stdout-sink.ts'

const NEWLINE = 0x0a

/** The engine's Output on stdout, with checkpoints in a state file if a path is given. */
export class StdoutOutput {
  readonly #sink: StdoutSink
  readonly #turns = new Turns()
  readonly #states: StateFile | undefined

  constructor(statePath: string | undefined, signal: AbortSignal) {
    this.#sink = new StdoutSink(signal)
    this.#states = statePath === undefined ? undefined : new StateFile(statePath, process.stdout.fd)
    keepFlowing(process.stdout)
  }

  async write(pieces: Iterable<Buffer>): Promise<void> {
    await this.#turns.take(async () => {
      for (const piece of pieces) await this.#sink.write(piece)
    })
  }

  async flush(): Promise<void> {
    await this.#turns.take(async () => {})
  }

  async keep(checkpoint: object): Promise<void> {
    const states = this.#states
    if (states) await this.#turns.take(() => states.save(checkpoint, now()))
  }

  /** Ends a line that a killed run left incomplete. */
  endLine(): void {
    if (this.#states && endsInsideLine(process.stdout.fd)) process.stdout.write('\n')
  }

  /** Saves the last checkpoint, without the minimum interval. @throws ReplError OUTPUT_FAILED */
  async keepLast(checkpoint: object): Promise<void> {
    await this.#states?.saveNow(checkpoint, now())
  }
}

/**
 * By default, a terminal stopped by Ctrl-S blocks the whole process, and the unread stream fills the master's output buffer.
 * (Node makes terminals blocking so that a process that exits at once loses no output; we wait for our writes instead.)
 */
function keepFlowing(stream: NodeJS.WriteStream): void {
  const { _handle } = stream as unknown as { _handle?: { setBlocking?: (isBlocking: boolean) => void } }
  if (stream.isTTY) _handle?.setBlocking?.(false)
}

/** Whether the file to which stdout is appended ends inside a line. False if stdout is not a file, or not readable. */
export function endsInsideLine(descriptor: number): boolean {
  const { size } = fstatSync(descriptor)
  if (!fstatSync(descriptor).isFile() || size === 0) return false
  let file: number | undefined
  try {
    file = openSync(`/dev/fd/${descriptor}`, 'r')
    const last = Buffer.alloc(1)
    readSync(file, last, 0, 1, size - 1)
    return last[0] !== NEWLINE
  } catch {
    return false // a system without /dev/fd, or a write-only file
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
