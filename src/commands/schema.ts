import { Args } from '@oclif/core'
import { PlainCommand } from '../cli/plain-command.ts'
import { schemaNames, schemaText } from '../cli/schemas.ts'

export default class Schema extends PlainCommand {
  static override summary = 'Print a JSON schema of the output of --json, or list them'
  static override examples = [
    { description: 'Which schemas are there?', command: 'redis-repl schema' },
    { description: 'The schema of lag --json', command: 'redis-repl schema lag' },
    { description: 'Check an output', command: 'redis-repl schema lag > lag.json && npx ajv-cli validate -s lag.json -d output.json' },
  ]
  static override args = { name: Args.string({ description: 'a schema; without it, all are listed' }) }

  async run(): Promise<void> {
    const { args } = await this.parse(Schema)
    const { root } = this.config
    process.stdout.write(args.name === undefined ? `${schemaNames(root).join('\n')}\n` : schemaText(root, args.name))
  }
}
