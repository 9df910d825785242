/** Where followed commands go: stdout, a file, a target server. */
import type { Checkpoint } from './checkpoint.ts'

export interface Output {
  /** Whole lines or commands, in pieces that are valid until the next one is asked for. Writers take turns. */
  write(pieces: Iterable<Buffer>): Promise<void>
  /** Resolves when everything written has been taken. */
  flush(): Promise<void>
  /** Everything up to the checkpoint has been taken: where a later run may resume. */
  keep(checkpoint: Checkpoint): Promise<void>
}
