/** A command that talks to no server. */
import { Command } from '@oclif/core'
import { asReplError, plainView, reportFailure } from './failure.ts'

export abstract class PlainCommand extends Command {
  override async catch(error: unknown): Promise<void> {
    const view = plainView(this.config, this.argv)
    await reportFailure(asReplError(error), { ...view, help: `${this.config.bin} ${this.id} --help` })
  }
}
