/** What all commands share: flags, signals, the output streams and the exit status. */
import { Command, type Interfaces } from '@oclif/core'
import { Visit } from '../engine/visit.ts'
import { type ErrorCode, ReplError } from '../errors.ts'
import { exitStatus } from '../exit-status.ts'
import { now, wallClock } from '../io/clock.ts'
import { jsonLine } from '../render/base/json-line.ts'
import type { About } from '../render/base/report.ts'
import type { ColorChoice } from '../render/base/screen.ts'
import type { Connection } from '../runs/connection.ts'
import type { RunContext } from '../runs/context.ts'
import { SILENT_WAITING, TerminalWaiting, type Waiting } from '../runs/waiting.ts'
import { colorOf } from './argv/color.ts'
import { wantsJson, withAgreeingFormat } from './argv/json-format.ts'
import { openConnection } from './connection.ts'
import { asReplError, type FailureView, reportFailure } from './failure.ts'
import { connectionFlags, discoveryFlags, outputFlags, settingsFlags, tlsFlags } from './flags.ts'
import { type Definitions, settingsInForce } from './settings/layers.ts'
import { type Completed, completed } from './settings/parse.ts'
import { abortOnSignals } from './signals.ts'

export type FlagsOf<T extends typeof Command> = Interfaces.InferredFlags<(typeof ReplCommand)['baseFlags'] & T['flags']>

export abstract class ReplCommand<T extends typeof Command> extends Command {
  static override baseFlags = { ...connectionFlags, ...tlsFlags, ...discoveryFlags, ...settingsFlags, ...outputFlags }
  static override enableJsonFlag = false

  protected flags!: FlagsOf<T>
  protected args!: Interfaces.InferredArgs<T['args']>
  /** The names of the flags on the command line, without those from environment variables and the config file. */
  protected written: ReadonlySet<string> = new Set()
  #profile: Completed['profile']
  /** How often -v and -q were given. */
  #repeated = { verbose: 0, quiet: 0 }
  #target: string | undefined
  readonly #startedAt = wallClock()
  readonly #startedMs = now()
  #context: RunContext | undefined
  #waiting: Waiting = SILENT_WAITING
  readonly #signal = abortOnSignals()
  /** Fires when stdout loses its reader or cannot be written. */
  readonly #outputEnded = new AbortController()
  #outputFailure: ReplError | undefined

  override async init(): Promise<void> {
    await super.init()
    this.#watchOutput()
    const { ctor } = this
    const flags = { ...ReplCommand.baseFlags, ...ctor.flags }
    const all = await completed(this.argv, { flags, args: ctor.args }, this.config, process.env)
    const { argv, target, written, profile } = all
    const parsed = await this.parse({ flags: ctor.flags, baseFlags: ReplCommand.baseFlags, args: ctor.args, strict: true }, argv)
    this.flags = withAgreeingFormat(parsed.flags as FlagsOf<T>, written, this.isReport)
    this.args = { ...parsed.args, target } as unknown as Interfaces.InferredArgs<T['args']>
    this.#profile = profile
    this.written = written
    for (const warning of all.warnings) this.#warnOfSetting(warning)
    if (this.flags['print-config']) await this.#printConfig(all, flags as unknown as Definitions)
    const count = (name: string) => parsed.raw.filter((token) => token.type === 'flag' && token.flag === name).length
    this.#repeated = { verbose: count('verbose'), quiet: count('quiet') }
    this.#warn()
  }

  async #printConfig({ added, target, written }: Completed, definitions: Definitions): Promise<void> {
    const settings = settingsInForce({ ...this.flags, ...(target !== undefined && { target }) }, added, written, definitions)
    const { configJson, configText } = await import('../render/config/settings.ts')
    process.stdout.write(
      this.flags.json ? jsonLine(configJson(this.#about(), settings)) : configText(await this.context().screen(process.stdout), settings),
    )
    throw new ConfigPrinted()
  }

  /** @throws ReplError USAGE; ABORTED at the prompt. */
  protected async connect(): Promise<Connection> {
    const { target } = this.args as { readonly target?: string }
    const connection = await openConnection(target, this.flags, this.written, () => this.#warnInsecure())
    this.#target = connection.source.name
    if (process.stderr.isTTY && this.#repeated.quiet === 0) {
      this.#waiting = new TerminalWaiting(process.stderr, connection.source.name, connection.template.limits)
    }
    return connection
  }

  protected context(): RunContext {
    this.#context ??= {
      stdout: process.stdout,
      stderr: process.stderr,
      detail: { quiet: this.#repeated.quiet > 0, verbosity: this.#repeated.verbose },
      isJson: this.flags.json,
      about: this.#about(),
      print: (text) => void (this.#repeated.quiet < 2 && process.stdout.write(text)),
      printNote: (text) => void (this.#repeated.quiet < 2 && process.stderr.write(text)),
      screen: async (stream) => (await import('../render/base/screen.ts')).screenOf(stream, this.#color()),
      stop: this.#signal,
      outputEnded: this.#outputEnded.signal,
      waiting: this.#waiting,
      visit: new Visit(),
    }
    return this.#context
  }

  #about(): About {
    const { name, version } = this.config
    return { tool: { name, version }, target: this.#target, startedAt: this.#startedAt, elapsedMs: () => now() - this.#startedMs }
  }

  /** Also right where the command line could not be parsed. */
  #color(): ColorChoice {
    return (this.flags?.color as ColorChoice | undefined) ?? colorOf(this.argv)
  }

  /** How a failure is reported. @param json where, as JSON; undefined for text on stderr */
  #failureView(json: NodeJS.WriteStream | undefined): FailureView {
    const isSilent = this.#repeated.quiet > 1 || this.argv.includes('-qq')
    const help = `${this.config.bin} ${this.id?.replaceAll(':', ' ')} --help`
    return { visit: this.#context?.visit ?? new Visit(), about: this.#about(), color: this.#color(), json, isSilent, help }
  }

  /** Sets the exit status of a failure that the output already contains. */
  protected exitWith(code: ErrorCode | undefined): void {
    if (code !== undefined) process.exitCode = exitStatus(code)
  }

  protected exitStatus(status: number): void {
    process.exitCode = status
  }

  protected failureOf(error: unknown): ReplError {
    return asReplError(error)
  }

  /** Reports a failure that is one change among others. The command continues. */
  protected async reportChange(failure: ReplError): Promise<void> {
    await reportFailure(failure, { ...this.#failureView(this.flags.json ? process.stdout : undefined), visit: new Visit() })
    process.exitCode = undefined
  }

  /** The words that name the server on another command line. A profile stays named, because it holds more than an address. */
  protected namedAgain(server: string): string[] {
    const profile = this.#profile
    if (!profile) return [server]
    return profile.namesServer ? [`@${profile.name}`] : [`@${profile.name}`, '--uri', server]
  }

  #warn(): void {
    const { quiet, json, 'no-auth-warning': isAccepted } = this.flags
    if (quiet || json || isAccepted) return
    if (this.written.has('pass')) warn('others can see a password on the command line; use --pass-file or REDISCLI_AUTH')
    if (this.written.has('sentinel-pass')) warn('others can see a password on the command line; use --sentinel-pass-file')
  }

  /** Not when stderr carries the JSON. */
  #warnOfSetting(warning: string): void {
    const { quiet, json } = this.flags
    if (!quiet && !(json && this.jsonStream() === process.stderr)) warn(warning)
  }

  /** Printed even with -q and --json, but not when stderr carries the JSON, which reports it in `dial.tls`. */
  #warnInsecure(): void {
    if (this.flags.json && this.jsonStream() === process.stderr) return
    warn('--insecure: the certificate is not verified; any server that answers gets the password')
  }

  /**
   * For a report, a closed pipe is not a failure, but a full disk is. stderr carries notes: losing it silences them and changes
   * nothing else. oclif's own listener is removed because it throws every error except EPIPE. The sink of a dump sees both kinds in
   * its own callbacks.
   */
  #watchOutput(): void {
    for (const stream of [process.stdout, process.stderr]) {
      stream.removeAllListeners('error')
      stream.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => this.#onOutputError(stream, code))
    }
  }

  #onOutputError(stream: NodeJS.WriteStream, errno: string): void {
    if (stream === process.stdout) this.#outputEnded.abort('stdout ended')
    const isProduct = stream === process.stdout || (this.flags?.json && stream === this.jsonStream())
    if (isProduct && errno !== 'EPIPE') this.#outputFailure ??= new ReplError('WRITE', { path: 'stdout', output: 'STDOUT', errno })
  }

  override async finally(): Promise<void> {
    this.#waiting.over()
    // After a signal, do not wait for a stalled reader.
    if (this.#signal.aborted) process.exit()
    // The callback of an empty write fires when everything before it is written or has failed.
    await new Promise<void>((resolve) => process.stdout.write('', () => resolve()))
    if (this.#outputFailure && !process.exitCode) await this.catch(this.#outputFailure)
  }

  override async catch(error: unknown): Promise<void> {
    if (error instanceof ConfigPrinted) return
    this.#waiting.over()
    await reportFailure(asReplError(error), this.#failureView(wantsJson(this.argv, this.isReport) ? this.jsonStream() : undefined))
  }

  /** Whether the output is a report, and not a stream of records. */
  protected get isReport(): boolean {
    return true
  }

  /** Where JSON goes. A command whose output occupies stdout returns stderr. */
  protected jsonStream(): NodeJS.WriteStream {
    return process.stdout
  }
}

/** Ends a run of --print-config before the command starts. */
class ConfigPrinted extends Error {}

function warn(warning: string): void {
  process.stderr.write(`! ${warning}\n`)
}
