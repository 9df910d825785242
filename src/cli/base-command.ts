/** What all commands share: flags, verbosity, the signal that stops them, and where their output goes. */
import { Command, type Interfaces } from '@oclif/core'
import { ReplError } from '../errors.ts'
import { jsonLine, RunReport } from '../render/trace/report.ts'
import { type Connection, openConnection } from './connection.ts'
import { asReplError, tellFailure } from './failure.ts'
import { connectionFlags, discoveryFlags, outputFlags, settingsFlags, tlsFlags } from './flags.ts'
import { settingsInForce } from './settings/layers.ts'
import { type Completed, completed } from './settings/parse.ts'
import { abortOnSignals } from './signals.ts'

export type FlagsOf<T extends typeof Command> = Interfaces.InferredFlags<(typeof ReplCommand)['baseFlags'] & T['flags']>

export abstract class ReplCommand<T extends typeof Command> extends Command {
  static override baseFlags = { ...connectionFlags, ...tlsFlags, ...discoveryFlags, ...settingsFlags, ...outputFlags }
  static override enableJsonFlag = false

  protected flags!: FlagsOf<T>
  protected args!: Interfaces.InferredArgs<T['args']>
  /** The names of the flags that the user wrote, without those of variables and the file. */
  protected written: ReadonlySet<string> = new Set()
  #profile: Completed['profile']
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
    const { ctor } = this
    const flags = { ...ReplCommand.baseFlags, ...ctor.flags }
    const all = await completed(this.argv, { flags, args: ctor.args }, this.config, process.env)
    const { argv, target, written, profile } = all
    const parsed = await this.parse({ flags: ctor.flags, baseFlags: ReplCommand.baseFlags, args: ctor.args, strict: true }, argv)
    this.flags = parsed.flags as FlagsOf<T>
    this.args = { ...parsed.args, target } as unknown as Interfaces.InferredArgs<T['args']>
    this.#profile = profile
    this.written = written
    if (this.flags['print-config']) await this.#printConfig(all)
    this.verbosity = parsed.raw.filter((token) => token.type === 'flag' && token.flag === 'verbose').length
    this.#warn()
  }

  async #printConfig({ added, target, written }: Completed): Promise<void> {
    const settings = settingsInForce({ ...this.flags, ...(target !== undefined && { target }) }, added, written)
    const { configJson, configText } = await import('../render/config/settings.ts')
    process.stdout.write(this.flags.json ? jsonLine(configJson(settings)) : configText(settings))
    throw new Answered()
  }

  /** @throws ReplError USAGE; ABORTED at the prompt. */
  protected async connect(): Promise<Connection> {
    const { target } = this.args as { readonly target?: string }
    return await openConnection(target, this.flags, this.written, () => this.#warnOfAnybody())
  }

  /** The words that name the server on another command line: a profile has more than its address. */
  protected namedAgain(server: string): string[] {
    const profile = this.#profile
    if (!profile) return [server]
    return profile.namesServer ? [`@${profile.name}`] : [`@${profile.name}`, '--uri', server]
  }

  #warn(): void {
    const { quiet, json, 'no-auth-warning': isAccepted } = this.flags
    if (quiet || json || isAccepted) return
    if (this.written.has('pass')) tell('a password on the command line can be seen by others; REDISCLI_AUTH or --pass-file hides it')
    if (this.written.has('sentinel-pass')) tell('a password on the command line can be seen by others; --sentinel-pass-file hides it')
  }

  /** Also under -q, and beside JSON; but where JSON goes to stderr, it tells so itself. */
  #warnOfAnybody(): void {
    if (this.flags.json && this.jsonStream() === process.stderr) return
    tell('--insecure: the certificate is not verified; whoever answers may be anybody, and gets the password')
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
        if (code !== 'EPIPE') this.#lostOutput ??= new ReplError('WRITE', { path: 'stdout', errno: code })
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
