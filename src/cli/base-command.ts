/** What all commands share: flags, the signals that stop them, where their output goes, and how they end. */
import { Command, type Interfaces } from '@oclif/core'
import { Visit } from '../engine/visit.ts'
import { type ErrorCode, ReplError } from '../errors.ts'
import { jsonLine } from '../render/base/json-line.ts'
import type { Connection } from '../runs/connection.ts'
import type { RunContext } from '../runs/context.ts'
import { openConnection } from './connection.ts'
import { exitStatus } from './exit-status.ts'
import { asReplError, reportFailure } from './failure.ts'
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
  #verbosity = 0
  #context: RunContext | undefined
  readonly #signal = abortOnSignals()
  /** Fires when stdout has lost its reader, or cannot be written. */
  readonly #outputEnded = new AbortController()
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
    this.#verbosity = parsed.raw.filter((token) => token.type === 'flag' && token.flag === 'verbose').length
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
    return await openConnection(target, this.flags, this.written, () => this.#warnInsecure())
  }

  protected context(): RunContext {
    this.#context ??= {
      stdout: process.stdout,
      stderr: process.stderr,
      detail: { quiet: this.flags.quiet, verbosity: this.#verbosity },
      isJson: this.flags.json,
      stop: this.#signal,
      outputEnded: this.#outputEnded.signal,
      visit: new Visit(),
    }
    return this.#context
  }

  /** Ends with the status of a failure that the output holds already. */
  protected exitWith(code: ErrorCode | undefined): void {
    if (code !== undefined) process.exitCode = exitStatus(code)
  }

  /** Ends with this status. */
  protected exitStatus(status: number): void {
    process.exitCode = status
  }

  protected failureOf(error: unknown): ReplError {
    return asReplError(error)
  }

  /** A failure that is a change like others: the command continues. */
  protected async reportChange(failure: ReplError): Promise<void> {
    await reportFailure(failure, new Visit(), this.flags.json ? process.stdout : undefined)
    process.exitCode = undefined
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
    if (this.written.has('pass')) warn('a password on the command line can be seen by others; REDISCLI_AUTH or --pass-file hides it')
    if (this.written.has('sentinel-pass')) warn('a password on the command line can be seen by others; --sentinel-pass-file hides it')
  }

  /** Also under -q, and beside JSON; but where JSON goes to stderr, it says so itself. */
  #warnInsecure(): void {
    if (this.flags.json && this.jsonStream() === process.stderr) return
    warn('--insecure: the certificate is not verified; whoever answers may be anybody, and gets the password')
  }

  /**
   * A reader that leaves is no error of a report; a full disk is. stderr carries notes: its end silences them and changes nothing
   * else. (oclif's own listener, which goes first, would throw everything but EPIPE past us.) The sink of a dump sees both by its
   * own callbacks.
   */
  #watchOutput(): void {
    for (const stream of [process.stdout, process.stderr]) {
      stream.removeAllListeners('error')
      stream.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => this.#lost(stream, code))
    }
  }

  #lost(stream: NodeJS.WriteStream, errno: string): void {
    if (stream === process.stdout) this.#outputEnded.abort('stdout ended')
    const isProduct = stream === process.stdout || (this.flags?.json && stream === this.jsonStream())
    if (isProduct && errno !== 'EPIPE') this.#lostOutput ??= new ReplError('WRITE', { path: 'stdout', output: 'STDOUT', errno })
  }

  override async finally(): Promise<void> {
    // After a signal no reader that stalls is waited for.
    if (this.#signal.aborted) process.exit()
    // An empty write comes back when everything before it has gone, or failed.
    await new Promise<void>((resolve) => process.stdout.write('', () => resolve()))
    if (this.#lostOutput && !process.exitCode) await this.catch(this.#lostOutput)
  }

  override async catch(error: unknown): Promise<void> {
    if (error instanceof Answered) return
    await reportFailure(
      asReplError(error),
      this.#context?.visit ?? new Visit(),
      this.argv.includes('--json') ? this.jsonStream() : undefined,
    )
  }

  /** Where JSON goes; a command whose product takes stdout names stderr. */
  protected jsonStream(): NodeJS.WriteStream {
    return process.stdout
  }
}

/** What was asked for has been answered before the command itself began. */
class Answered extends Error {}

function warn(warning: string): void {
  process.stderr.write(`! ${warning}\n`)
}
