/** The variables `REDIS_REPL_<FLAG>`: which of them are settings, which belong to others, and which are misspelt. */
import { didYouMean } from '../argv/nearest.ts'
import { type Definitions, type Layer, TARGET } from './layers.ts'

const PREFIX = 'REDIS_REPL_'
/** Variables that no flag has. */
const OTHERS = ['PROFILE']

/** Commas separate the values of a list. An empty variable counts as unset. */
export function variables(env: NodeJS.ProcessEnv, definitions: Definitions): Layer {
  const names = [TARGET, ...Object.keys(definitions)]
  const values = names.flatMap((name) => {
    const text = env[variableOf(name)]
    if (text === undefined || text === '' || isServiceLink(variableOf(name), text)) return []
    return [[name, definitions[name]?.multiple ? text.split(',') : text] as const]
  })
  return { from: variableOf, values: Object.fromEntries(values) }
}

/** REDIS_URL, which many platforms set for the program that they run. The weakest of all: it names the server only if nothing else does. */
export function redisUrl({ REDIS_URL: url }: NodeJS.ProcessEnv): Layer {
  return { from: () => 'REDIS_URL', values: url ? { [TARGET]: url } : {} }
}

/** One warning for each variable with our prefix that no setting has. @param known the flags of all commands, and the target */
export function misspeltVariables(env: NodeJS.ProcessEnv, known: Iterable<string>): string[] {
  const names = new Set([...[...known].map(variableOf), ...OTHERS.map((name) => PREFIX + name)])
  return Object.entries(env)
    .filter(([name, text = '']) => name.startsWith(PREFIX) && text !== '' && !names.has(name) && !isServiceLink(name, text))
    .map(([name]) => `${name} is not a setting and has no effect${didYouMean(name, names)}`)
    .sort()
}

export function variableOf(name: string): string {
  return PREFIX + name.toUpperCase().replaceAll('-', '_')
}

/**
 * Kubernetes describes each Service to every pod of its namespace (kubelet, envvars.FromServices), and docker --link does the
 * same for each container. A Service `redis-repl`, or one whose name begins like that, has variables with our prefix.
 */
function isServiceLink(name: string, text: string): boolean {
  if (/_SERVICE_(HOST|PORT|PORT_\w+)$/.test(name)) return true
  if (/_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR|START|END|PORT_START|PORT_END))?$/.test(name)) return true
  if (/_PORT$/.test(name)) return /^(tcp|udp|sctp):\/\//.test(text)
  // Only docker --link has these: NAME is /container/alias, and ENV_… repeats the variables of the other container.
  // Compose numbers its aliases: REDIS_REPL_1_ENV_….
  const [, alias = ''] = /^\/[^/]+\/([^/]+)$/.exec(text) ?? []
  return name === `${alias.toUpperCase().replaceAll('-', '_')}_NAME` || /^REDIS_REPL_(\d+_)?ENV_/.test(name)
}
