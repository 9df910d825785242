/** oclif's help, followed by the exit statuses: scripts need them as much as the flags. */
import { Help } from '@oclif/core'
import { EXIT_STATUS_HELP } from '../exit-status.ts'
import { noSuchCommand } from './command-not-found.ts'
import { plainView, reportFailure } from './failure.ts'

export default class ReplHelp extends Help {
  /** oclif's own error repeats an unknown word, which may be a target with a password. */
  override async showHelp(argv: string[]): Promise<void> {
    const [word] = argv.filter((one) => !one.startsWith('-'))
    if (word === undefined || this.config.findCommand(word)) return await super.showHelp(argv)
    await reportFailure(noSuchCommand(this.config), plainView(this.config, argv))
  }

  protected override async showRootHelp(): Promise<void> {
    await super.showRootHelp()
    const rows = EXIT_STATUS_HELP.map(([status, text]): [string, string] => [status, text])
    this.log(this.section('EXIT STATUS', this.renderList(rows, { indentation: 2, stripAnsi: this.opts.stripAnsi ?? false })))
  }
}
