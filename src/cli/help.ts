/** oclif's help with the exit statuses behind it: scripts need them as much as flags. */
import { Help } from '@oclif/core'
import { EXIT_STATUS_HELP } from './exit-status.ts'

export default class ReplHelp extends Help {
  protected override async showRootHelp(): Promise<void> {
    await super.showRootHelp()
    const rows = EXIT_STATUS_HELP.map(([status, text]): [string, string] => [status, text])
    this.log(this.section('EXIT STATUS', this.renderList(rows, { indentation: 2, stripAnsi: this.opts.stripAnsi ?? false })))
  }
}
