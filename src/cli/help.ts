/** Which help page is shown for which command line. oclif finds this class by package.json. */
import { type Command, HelpBase } from '@oclif/core'
import { EXIT_STATUS_HELP } from '../exit-status.ts'
import { screenOf } from '../render/base/screen.ts'
import {
  type Example,
  flagSections,
  type HelpFlag,
  longExplanation,
  type Page,
  pageText,
  type Section,
  shortExplanation,
} from '../render/help/page.ts'
import { colorOf } from './argv/color.ts'
import { noSuchCommand } from './command-not-found.ts'
import { plainView, reportFailure } from './failure.ts'
import { CONNECTION_GROUPS, OUTPUT } from './flags.ts'
import { variableOf } from './settings/environment.ts'

const ALL = '--all'
/** `redis-repl help connection`: no command has this name. */
const CONNECTION = 'connection'

const TARGETS: Section = {
  title: 'TARGET (default: 127.0.0.1:6379)',
  rows: [
    ['host, host:port, port', '[v6]:port for IPv6; a port alone is on 127.0.0.1'],
    ['redis://, rediss:// (TLS)', '[user:password@]host[:port][/db]; also valkey://'],
    ['redis-sentinel://', 'host,host/NAME: the master that Sentinel calls NAME'],
    ['unix:///path', 'a unix socket'],
    ['@NAME', 'the profile [profiles.NAME] of the config file'],
  ],
}

const VARIABLES: Section = {
  title: 'ENVIRONMENT',
  rows: [
    ['REDIS_REPL_<FLAG>', 'any flag, such as REDIS_REPL_STEP_TIMEOUT=9s; _TARGET too'],
    ['REDIS_REPL_PROFILE', 'the profile'],
    ['REDIS_URL', 'the target, if nothing else names one'],
    ['REDISCLI_AUTH', 'the password, if nothing else gives one'],
  ],
}

export default class ReplHelp extends HelpBase {
  /** oclif's own error repeats an unknown word, which may be a target with a password. */
  override async showHelp(argv: string[]): Promise<void> {
    const words = argv.filter((word) => !word.startsWith('-') && word !== 'help')
    const [first] = words
    if (argv.length === 0) return void process.stdout.write(firstSteps(this.config.bin))
    if (first === undefined) return this.#print(argv, this.#rootPage())
    if (first === CONNECTION) return this.#print(argv, this.#connectionPage())
    const command = this.config.findCommand(first)
    if (command) return this.#print(argv, this.#commandPage(command, argv.includes(ALL)))
    await reportFailure(noSuchCommand(this.config, first), plainView(this.config, argv))
  }

  override async showCommandHelp(command: Command.Loadable): Promise<void> {
    this.#print([], this.#commandPage(command, false))
  }

  /** For `oclif readme`. */
  formatCommand(command: Command.Loadable): string {
    return pageText(screenOf({ isTTY: true, columns: this.opts.maxWidth }, 'never'), this.#commandPage(command, false))
  }

  #print(argv: readonly string[], page: Page): void {
    process.stdout.write(pageText(screenOf(process.stdout, colorOf(argv)), page))
  }

  #rootPage(): Page {
    const { bin, pjson, commands } = this.config
    const rows = commands.map(({ id, summary = '' }) => [id.replaceAll(':', ' '), summary] as const)
    return {
      summary: `${pjson.description}.`,
      usage: `${bin} COMMAND [TARGET] [flags]`,
      sections: [
        { title: 'COMMANDS', rows: rows.sort(([a], [b]) => (a < b ? -1 : 1)) },
        { title: 'EXIT STATUS', rows: EXIT_STATUS_HELP },
      ],
      more: [
        `${bin} COMMAND --help: examples and flags of a command`,
        `${bin} help connection: targets, TLS, Sentinel, profiles, variables`,
      ],
    }
  }

  #commandPage(command: Command.Loadable, isWhole: boolean): Page {
    const { bin } = this.config
    const id = command.id.replaceAll(':', ' ')
    const flags = flagsOf(command)
    const own = flags.filter(({ helpGroup = '' }) => isWhole || !CONNECTION_GROUPS.includes(helpGroup))
    const args = Object.values(command.args).map(({ name, required, description = '' }) => ({
      name: name.toUpperCase(),
      required,
      description,
    }))
    const usage = [bin, id, ...args.map(({ name, required }) => (required ? name : `[${name}]`)), ...(flags.length > 0 ? ['[flags]'] : [])]
    return {
      summary: command.summary ?? '',
      usage: usage.join(' '),
      args: args.map(({ name, description }) => [name, description] as const),
      ...(isWhole && command.description !== undefined && { description: command.description }),
      examples: (command.examples ?? []) as Example[],
      sections: flagSections(own, isWhole ? (flag) => longExplanation(flag, variableOf(flag.name)) : shortExplanation),
      more: flags.length > own.length ? moreOf(bin, id) : [],
    }
  }

  #connectionPage(): Page {
    const { bin, configDir } = this.config
    const [command] = this.config.commands.filter(({ flags }) => 'host' in flags)
    const flags = command ? flagsOf(command).filter(({ helpGroup = '' }) => CONNECTION_GROUPS.includes(helpGroup)) : []
    return {
      summary: `How to reach a server. Flags override variables, then the profile, then [defaults] in ${configDir}/config.toml.`,
      sections: [TARGETS, ...flagSections(flags, shortExplanation), VARIABLES],
      more: [`${bin} COMMAND --help: examples and flags of a command`],
    }
  }
}

/** Five lines. */
function firstSteps(bin: string): string {
  return [
    `Ask a Redis or Valkey server as a replica does:`,
    `  ${bin} handshake HOST:PORT   can a replica attach here? (no fork)`,
    `  ${bin} psync HOST:PORT       would it get a partial resync, and if not, why?`,
    `  ${bin} lag HOST:PORT         how far behind is each replica?`,
    `  ${bin} --help                all commands`,
    '',
  ].join('\n')
}

/** Where the rest is explained. */
function moreOf(bin: string, id: string): string[] {
  return [
    `${bin} help connection: targets, TLS, Sentinel, profiles, variables`,
    `${bin} ${id} --help --all: every flag with its variable (REDIS_REPL_…)`,
  ]
}

/** The flags of the command first, then those for the output. */
function flagsOf({ flags }: Command.Loadable): HelpFlag[] {
  const all = Object.entries(flags).map(([name, flag]): HelpFlag => ({ ...flag, name }))
  return all.sort((a, b) => Number(a.helpGroup === OUTPUT) - Number(b.helpGroup === OUTPUT))
}
