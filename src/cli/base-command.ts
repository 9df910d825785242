/** What all commands share: flags, verbosity, the signal that stops them, and where their output goes. */
import { Command, type Interfaces } from '@oclif/core'
import { ReplError } from '../errors.ts'
import { jsonLine, RunReport } from '../render/json.ts'
import { asReplError, tellFailure } from './failure.ts'
import { connectionFlags, discoveryFlags, outputFlags, settingsFlags, tlsFlags } from './flags.ts'
import { completed } from './parse.ts'
import { type Setting, settingsInForce } from './settings.ts'
import { abortOnSignals } from './signals.ts'

export type FlagsOf<T extends typeof Command> = Interfaces.InferredFlags<(typeof ReplCommand)['baseFlags'] & T['flags']>

export abstract class ReplCommand<T extends typeof Command> extends Command {
  static override baseFlags = { ...connectionFlags, ...tlsFlags, ...discoveryFlags, ...settingsFlags, ...outputFlags }
  static override enableJsonFlag = false

  protected flags!: FlagsOf<T>
  protected args!: Interfaces.InferredArgs<T['args']>
  /** The words of the user alone, without those of variables and the file. */
  protected written: readonly string[] = []
  /** 0, 1 or 2: how often -v was given. */
  protected verbosity = 0
  protected report = new RunReport()
  protected readonly signal = abortOnSignals()
  /** Fires when nobody reads stdout any more, or it cannot be written. */
  protected readonly outputEnded = new AbortController()
  #lostOutput: ReplError | undefined

  override async init(): Promise<void> {
    await super.init()
    this.#watchOutput()
    this.written = this.argv
    const { ctor } = this
    const flags = { ...ReplCommand.baseFlags, ...ctor.flags }
    const { argv, target, added } = await completed(this.argv, { flags, args: ctor.args }, this.config, process.env)
    const parsed = await this.parse({ flags: ctor.flags, baseFlags: ReplCommand.baseFlags, args: ctor.args, strict: true }, argv)
    this.flags = parsed.flags as FlagsOf<T>
    this.args = { ...parsed.args, target } as unknown as Interfaces.InferredArgs<T['args']>
    if (this.flags['print-config']) await this.#printConfig(added, target)
    this.verbosity = parsed.raw.filter((token) => token.type === 'flag' && token.flag === 'verbose').length
    this.#warn()
  }

  async #printConfig(added: readonly Setting[], target: string | undefined): Promise<void> {
    const settings = settingsInForce({ ...this.flags, ...(target !== undefined && { target }) }, added, {
      ...ReplCommand.baseFlags,
      ...this.ctor.flags,
    })
    const { configJson, configText } = await import('../render/config.ts')
    process.stdout.write(this.flags.json ? jsonLine(configJson(settings)) : configText(settings))
    throw new Answered()
  }

  #warn(): void {
    const { pass, quiet, json, insecure, 'no-auth-warning': isAccepted } = this.flags
    if (quiet || json) return
    if (pass !== undefined && !isAccepted)
      tell('a password on the command line can be seen by others; REDISCLI_AUTH or --pass-file hides it')
    if (insecure) tell('--insecure: the certificate is not verified; whoever answers may be anybody, and gets the password')
  }

  /**
   * A reader that leaves is no error of a report; a full disk is. (oclif's own listener, which goes first, would throw
   * everything but EPIPE past us.) The sink of a dump notices both by its own callbacks.
   */
  #watchOutput(): void {
    for (const stream of [process.stdout, process.stderr]) {
      stream.removeAllListeners('error')
      stream.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => {
        this.outputEnded.abort()
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
    if (error instanceof Answered) return
    await tellFailure(asReplError(error), this.report, this.argv.includes('--json') ? this.jsonStream() : undefined)
  }

  /** Where JSON goes; a command whose product takes stdout names stderr. */
  protected jsonStream(): NodeJS.WriteStream {
    return process.stdout
  }
}

/** What was asked for has been answered before the command itself began. */
class Answered extends Error {}

function tell(warning: string): void {
  process.stderr.write(`! ${warning}\n`)
}
