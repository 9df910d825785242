/**
 * What all commands share: shared flags, and the one place where an error becomes a message and an exit status.
 * oclif's own rendering of errors is not used: it prints the parse context, and with it passwords, under --json.
 */
import { Command, type Interfaces } from '@oclif/core'
import { explain } from '../diagnosis/errors.ts'
import { ReplError } from '../errors.ts'
import { jsonLine, RunReport } from '../render/json.ts'
import { printable } from '../render/printable.ts'
import { wrap } from '../render/wrap.ts'
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
  #lostOutput: ReplError | undefined

  override async init(): Promise<void> {
    await super.init()
    this.#watchOutput()
    const { ctor } = this
    const parsed = await this.parse({ flags: ctor.flags, baseFlags: ReplCommand.baseFlags, args: ctor.args, strict: true })
    this.flags = parsed.flags as FlagsOf<T>
    this.args = parsed.args as Interfaces.InferredArgs<T['args']>
    this.verbosity = parsed.raw.filter((token) => token.type === 'flag' && token.flag === 'verbose').length
    const isVisible = this.flags.pass !== undefined && !this.flags['no-auth-warning'] && !this.flags.quiet && !this.flags.json
    if (isVisible) process.stderr.write('! a password on the command line can be seen by others; REDISCLI_AUTH or --pass-file hides it\n')
  }

  /**
   * A reader that leaves is no error of a report; a full disk is. (oclif's own listener, which goes first, would throw
   * everything but EPIPE past us.) The sink of a dump notices both by its own callbacks.
   */
  #watchOutput(): void {
    for (const stream of [process.stdout, process.stderr]) {
      stream.removeAllListeners('error')
      stream.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => {
        if (code !== 'EPIPE') this.#lostOutput ??= new ReplError('OUTPUT_FAILED', { reason: 'WRITE', path: 'stdout', errno: code })
      })
    }
  }

  override async finally(): Promise<void> {
    // Whoever stopped us does not wait for a reader that stalls.
    if (this.signal.aborted) process.exit()
    // An empty write comes back when everything before it has gone, or failed.
    await new Promise<void>((resolve) => process.stdout.write('', () => resolve()))
    if (this.#lostOutput && !process.exitCode) await this.catch(this.#lostOutput)
  }

  protected printJson(object: object, stream: NodeJS.WriteStream = process.stdout): void {
    stream.write(jsonLine(object))
  }

  override async catch(error: unknown): Promise<void> {
    const failure = asReplError(error)
    const status = exitStatus(failure.code)
    process.exitCode = status
    if (this.argv.includes('--json')) return this.printJson(this.report.failure(failure, explain(failure), status), this.jsonStream())
    const { what, meaning, next } = explain(failure)
    const { palette } = await import('../render/palette.ts') // chalk is loaded only where something is painted
    const colour = palette(process.stderr)
    const lines = [
      `${colour.bad(`error ${failure.code}:`)} ${printable(what)}`,
      `  ${wrap(meaning, '  ', 78)}`,
      `  ${colour.strong('→')} ${wrap(next, '    ', 76)}`,
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
  const isUsage = error instanceof Error && 'oclif' in error
  if (isUsage) return new ReplError('USAGE', { reason: 'FLAGS', given: usageSentence(message) })
  return new ReplError('INTERNAL', { given: message }, error)
}

/** oclif's sentence without the help behind it, and without what may be a password that lost its flag. */
function usageSentence(message: string): string {
  const sentence = message.split('\nSee more help')[0] ?? ''
  return sentence
    .replace(/^(Unexpected argument)s?:.*/s, '$1: one TARGET is enough')
    .replace(/\S*@/g, '********@')
    .replace(/(--?[\w-]+)=\S+/g, '$1=********')
    .trim()
}
