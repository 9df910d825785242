import { Args, Command } from '@oclif/core'
import ReplHelp from '../cli/help.ts'

/** A command of our own: to look for oclif's plugin of that name takes 5 ms of every start. */
export default class Help extends Command {
  static override summary = 'Show the help of a command, or of all'
  static override args = { command: Args.string({ description: 'the command' }) }

  async run(): Promise<void> {
    await new ReplHelp(this.config).showHelp(this.argv)
  }
}
