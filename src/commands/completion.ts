import { Args } from '@oclif/core'
import { completionScript, SHELLS, type Shell } from '../cli/completion.ts'
import { PlainCommand } from '../cli/plain-command.ts'
import { schemaNames } from '../cli/schemas.ts'

export default class Completion extends PlainCommand {
  static override summary = 'Print the script that completes commands, flags and profiles in your shell'
  static override examples = [
    { description: 'In ~/.bashrc', command: 'eval "$(redis-repl completion bash)"' },
    { description: 'In ~/.zshrc, after compinit', command: 'eval "$(redis-repl completion zsh)"' },
    { description: 'For fish', command: 'redis-repl completion fish > ~/.config/fish/completions/redis-repl.fish' },
  ]
  static override args = { shell: Args.string({ required: true, options: SHELLS, description: SHELLS.join(', ') }) }

  async run(): Promise<void> {
    const { args } = await this.parse(Completion)
    const commands = this.config.commandIDs.filter((id) => id !== 'help')
    const words = { help: [...commands, 'connection'], schema: schemaNames(this.config.root) }
    process.stdout.write(completionScript(args.shell as Shell, this.config, words))
  }
}
