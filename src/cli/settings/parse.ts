/** Completes the command line with the settings from variables and the config file. */
import { join } from 'node:path'
import { type Command, type Interfaces, Parser } from '@oclif/core'
import { usageError } from '../../errors.ts'
import { asReplError } from '../failure.ts'
import { type Known, readConfigFile } from './config-file.ts'
import { misspeltVariables, redisUrl, variables } from './environment.ts'
import { addedSettings, carriesLogin, type Definitions, fileLayers, type Layer, SERVER, type Setting, TARGET, wordsOf } from './layers.ts'

type Flags = NonNullable<Parameters<typeof Parser.parse>[1]['flags']>

export interface Completed {
  /** The added settings as words, followed by the user's own words. */
  readonly argv: string[]
  /** The TARGET of the user, or else of a layer; undefined without either, and for a profile that names none. */
  readonly target: string | undefined
  /** The settings that the layers added. */
  readonly added: readonly Setting[]
  /** The names of the flags on the command line, and `target` if there is one that is not a profile. */
  readonly written: ReadonlySet<string>
  /** Undefined without a profile. */
  readonly profile: { readonly name: string; readonly namesServer: boolean } | undefined
  /** About variables that look like settings and are none. */
  readonly warnings: readonly string[]
}

/** @throws ReplError USAGE; it names the layer that an unusable value came from */
export async function completed(
  argv: readonly string[],
  ctor: Pick<typeof Command, 'args'> & { readonly flags: Flags },
  config: Interfaces.Config,
  env: NodeJS.ProcessEnv,
): Promise<Completed> {
  const flagsAlone = Object.fromEntries(Object.entries(ctor.flags).map(([name, flag]) => [name, withoutRelations(flag)])) as Flags
  const { raw, args, flags } = await Parser.parse([...argv], { flags: flagsAlone, args: ctor.args, strict: true })
  const written = typeof args.target === 'string' ? args.target : undefined
  const isProfile = written?.startsWith('@') === true
  const given = new Set(raw.flatMap((token) => (token.type === 'flag' ? [token.flag] : [])))
  if (written !== undefined && !isProfile) given.add(TARGET)
  const definitions = ctor.flags as unknown as Definitions
  const named = flags.config ?? (env.REDIS_REPL_CONFIG || undefined)
  const path = named ?? join(config.configDir, 'config.toml')
  const known = new Map<string, Known>([[TARGET, { type: 'option' }], ...config.commands.flatMap(({ flags }) => Object.entries(flags))])
  const file = await readConfigFile(path, named !== undefined, known)
  const profile = isProfile ? written.slice(1) : env.REDIS_REPL_PROFILE || undefined
  const fromFile = fileLayers(file, profile, path)
  // A profile on the command line names the server like a TARGET, so it takes precedence over variables.
  const namesServer = isProfile && SERVER.some((name) => fromFile[0]?.values[name] !== undefined)
  const layers = [without(variables(env, definitions), namesServer ? SERVER : []), ...fromFile, redisUrl(env)]
  const isLoggedIn = [written, flags.uri].some(carriesLogin)
  const added = addedSettings(given, isLoggedIn, layers, definitions)
  const target = added.find(({ name }) => name === TARGET)
  const others = added.filter(({ name }) => name !== TARGET)
  for (const setting of others) await check(setting, definitions, flagsAlone)
  return {
    argv: [...others.flatMap((setting) => wordsOf(setting, definitions)), ...argv],
    target: target ? String(target.value) : isProfile ? undefined : written,
    added,
    written: given,
    profile: profile === undefined ? undefined : { name: profile, namesServer: namesServerIn(added, fromFile[0]) },
    warnings: misspeltVariables(env, known.keys()),
  }
}

function namesServerIn(added: readonly Setting[], profile: Layer | undefined): boolean {
  return added.some(({ name, from }) => SERVER.includes(name) && from === profile?.from(name))
}

function without({ from, values }: Layer, names: readonly string[]): Layer {
  return { from, values: Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name))) }
}

async function check(setting: Setting, definitions: Definitions, flags: Flags): Promise<void> {
  try {
    await Parser.parse(wordsOf(setting, definitions), { flags, args: {}, strict: true })
  } catch (error) {
    const failure = asReplError(error)
    throw failure.details.reason === 'FLAGS' ? usageError(`${setting.from}: ${failure.details.problem}`) : failure
  }
}

/** Removes the relations between flags. They can be checked only when all flags are known. */
function withoutRelations(flag: object): object {
  const { dependsOn: _, exclusive: __, relationships: ___, required: ____, exactlyOne: _____, ...plain } = flag as Record<string, unknown>
  return plain
}
