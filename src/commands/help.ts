import { Args, Command } from '@oclif/core'
import ReplHelp from '../cli/help.ts'

/** Our own command, because looking for oclif's help plugin costs 5 ms at every start. */
export default class Help extends Command {
  static override summary = 'Show the help of a command'
  static override args = { command: Args.string({ description: 'a command, or connection for the flags that all of them share' }) }

  async run(): Promise<void> {
    // Without a word, the list of commands and not the first steps.
    await new ReplHelp(this.config).showHelp(['--help', ...this.argv])
  }
}
