/** The destination of followed commands: stdout, a file, a target server. */
import type { Checkpoint } from './checkpoint.ts'

export interface Output {
  /** Takes whole lines or commands. Each piece is valid until the next one is requested. Concurrent writers take turns. */
  write(pieces: Iterable<Buffer>): Promise<void>
  /** Resolves when the output has accepted everything written. */
  flush(): Promise<void>
  /** Saves a checkpoint for a later run; the output has accepted everything up to it. */
  keep(checkpoint: Checkpoint): Promise<void>
}
