/**
 * What all commands share: shared flags, and the one place where an error becomes a message and an exit status.
 * oclif's own rendering of errors is not used: it prints the parse context, and with it passwords, under --json.
 */
import { Command, type Interfaces } from '@oclif/core'
import { explain } from '../diagnosis/errors.ts'
import { ReplError } from '../errors.ts'
import { RunReport } from '../render/json.ts'
import { palette } from '../render/palette.ts'
import { printable } from '../render/printable.ts'
import { wrap } from '../render/wrap.ts'
import { withoutSecret } from '../topology/target.ts'
import { exitStatus } from './exit-status.ts'
import { connectionFlags, outputFlags } from './flags.ts'
import { abortOnSignals } from './signals.ts'

export type FlagsOf<T extends typeof Command> = Interfaces.InferredFlags<(typeof ReplCommand)['baseFlags'] & T['flags']>

export abstract class ReplCommand<T extends typeof Command> extends Command {
  static override baseFlags = { ...connectionFlags, ...outputFlags }
  static override enableJsonFlag = false

  protected flags!: FlagsOf<T>
  protected args!: Interfaces.InferredArgs<T['args']>
  /** 0, 1 or 2: how often -v was given. */
  protected verbosity = 0
  protected readonly report = new RunReport()
  protected readonly signal = abortOnSignals()

  override async init(): Promise<void> {
    await super.init()
    // A reader that leaves is no error of ours; a sink that must notice does so by its own callbacks.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
    const { ctor } = this
    const parsed = await this.parse({ flags: ctor.flags, baseFlags: ReplCommand.baseFlags, args: ctor.args, strict: true })
    this.flags = parsed.flags as FlagsOf<T>
    this.args = parsed.args as Interfaces.InferredArgs<T['args']>
    this.verbosity = parsed.raw.filter((token) => token.type === 'flag' && token.flag === 'verbose').length
    const isVisible = this.flags.pass !== undefined && !this.flags['no-auth-warning'] && !this.flags.quiet
    if (isVisible) process.stderr.write('! a password on the command line can be seen by others; REDISCLI_AUTH or --pass-file hides it\n')
  }

  protected printJson(object: object, stream: NodeJS.WriteStream = process.stdout): void {
    stream.write(`${JSON.stringify(object)}\n`)
  }

  override async catch(error: unknown): Promise<void> {
    const failure = asReplError(error)
    const status = exitStatus(failure.code)
    process.exitCode = status
    if (this.argv.includes('--json')) return this.printJson(this.report.failure(failure, explain(failure), status), this.jsonStream())
    const { what, meaning, next } = explain(failure)
    const colour = palette(process.stderr)
    const lines = [
      `${colour.bad(`error ${failure.code}:`)} ${printable(what)}`,
      `  ${wrap(meaning, '  ')}`,
      `  ${colour.strong('→')} ${next}`,
    ]
    process.stderr.write(`${lines.join('\n')}\n`)
  }

  /** Where JSON goes; a command whose product takes stdout names stderr. */
  protected jsonStream(): NodeJS.WriteStream {
    return process.stdout
  }
}

function asReplError(error: unknown): ReplError {
  if (error instanceof ReplError) return error
  const message = error instanceof Error ? error.message : String(error)
  // oclif's parse errors; their first line is the sentence, then comes help.
  const isUsage = error instanceof Error && 'oclif' in error
  if (isUsage) return new ReplError('USAGE', { reason: 'FLAGS', given: withoutSecret(message.split('\nSee more help')[0] ?? '').trim() })
  return new ReplError('INTERNAL', { given: message }, error)
}
