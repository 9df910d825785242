/** Makes oclif start sooner: as published it reads and evaluates all of itself, whatever the command. */
import { readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import type { Plugin } from 'esbuild'

/** What oclif needs at every start and for help; what else it has (globs, a spinner, semver) stays where npm put it. */
const ALWAYS = ['ejs', 'indent-string', 'string-width', 'supports-color', 'widest-line', 'wrap-ansi']

/** For the head of each file of the bundle: loads what stayed apart, as oclif would from where it lies. */
export const REQUIRE_OF_OCLIF = "const requireOfOclif = (name) => createRequireOf(require.resolve('@oclif/core'))(name)"

/**
 * What oclif does at every start that nobody needs here, and what stands in its place. To sort commands by the rules of a language
 * takes 7 ms; to tell Windows' Linux from others, a package and child_process; a logger for DEBUG, which is not heard (bin/run.js), 3 ms.
 */
const LEFT_OUT = {
  'config/plugin.js': ['a.id.localeCompare(b.id)', '(a.id < b.id ? -1 : 1)'],
  'logger.js': ['(0, debug_1.default)(namespace)', '() => {}'],
  'util/os.js': ["(await import('wsl-utils')).isWsl ? 'wsl' : ", ''],
} as const

/** Throws when a new version of oclif no longer says what is left out, so that the entry can go. */
function lean(path: string): string {
  const source = readFileSync(path, 'utf8')
  const entry = Object.entries(LEFT_OUT).find(([file]) => path.endsWith(`/lib/${file}`))
  if (!entry) return source
  const [there, instead] = entry[1]
  const [before, after, ...more] = source.split(there)
  if (after === undefined || more.length > 0) throw new Error(`${path} does not say ${there} once`)
  return `${before}${instead}${after}`
}

/**
 * Makes a function of each `const x_1 = require("y")`, as TypeScript writes it, so that a module is evaluated by the first who
 * uses it: what Babel calls lazy imports.
 */
function requiredOnUse(source: string): string {
  const required = /^const (\w+_\d+) = (.*)\brequire\("([^"]+)"\)/gm
  const isApart = (name: string) => !name.startsWith('.') && !isBuiltin(name) && !ALWAYS.includes(name)
  const variables = [...source.matchAll(required)].map(([, variable]) => variable)
  if (variables.length === 0) return source
  return source
    .replace(new RegExp(`(?<!^const )\\b(?:${variables.join('|')})\\b`, 'gm'), '($&())')
    .replace(required, (_, variable, around, name) => {
      return `const ${variable} = () => ${around}${isApart(name) ? 'requireOfOclif' : 'require'}("${name}")`
    })
}

export const LEAN_OCLIF: Plugin = {
  name: 'lean oclif',
  setup: ({ onLoad }) => onLoad({ filter: /@oclif\/core\/lib\/.*\.js$/ }, ({ path }) => ({ contents: requiredOnUse(lean(path)) })),
}
