/** The variables `REDIS_REPL_<FLAG>`: which of them are settings, which belong to others, and which are misspelt. */
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

/** One warning for each variable with our prefix that no setting has. @param known the flags of all commands, and the target */
export function misspeltVariables(env: NodeJS.ProcessEnv, known: Iterable<string>): string[] {
  const names = new Set([...[...known].map(variableOf), ...OTHERS.map((name) => PREFIX + name)])
  return Object.entries(env)
    .filter(([name, text = '']) => name.startsWith(PREFIX) && text !== '' && !names.has(name) && !isServiceLink(name, text))
    .map(([name]) => `${name} is not a setting and has no effect${suggestion(name, names)}`)
    .sort()
}

function variableOf(name: string): string {
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

function suggestion(name: string, known: Iterable<string>): string {
  const ranked = [...known].map((other) => ({ other, distance: distanceOf(name.toUpperCase(), other) }))
  const [nearest] = ranked.sort((a, b) => a.distance - b.distance || (a.other < b.other ? -1 : 1))
  const isNear = nearest && nearest.distance <= Math.max(1, (name.length - PREFIX.length) / 3)
  return isNear ? `: did you mean ${nearest.other}?` : ''
}

/** How many letters were mistyped, missed, added or swapped with their neighbour (optimal string alignment distance). */
function distanceOf(from: string, to: string): number {
  let [older, old]: [number[], number[]] = [[], [...Array(to.length + 1).keys()]]
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const cost = from[row - 1] === to[column - 1] ? 0 : 1
      const isSwapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      const [left = 0, above = 0, before = 0] = [current[column - 1], old[column], old[column - 1]]
      const swapped = isSwapped ? (older[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY
      current.push(Math.min(left + 1, above + 1, before + cost, swapped))
    }
    ;[older, old] = [old, current]
  }
  return old[to.length] ?? 0
}
