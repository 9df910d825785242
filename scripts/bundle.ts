/**
 * Puts the commands and oclif into a few files of dist/: on Node 20 to find and open three hundred modules takes longer than
 * all that most commands do. What only some runs need stays apart.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const { dependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { dependencies: object }

/** What every run needs; the other packages are loaded by those who do. */
const ALWAYS = ['@oclif/core', 'redis-parser']
/** oclif asks for it only where it runs commands from their sources. It is no dependency, so users may not have it. */
const DEVELOPMENT = ['typescript']

/** oclif is CommonJS, and expects what a module of that kind has. */
const COMMON_JS = [
  "import { createRequire as createRequireOf } from 'node:module'",
  "import { dirname as dirnameOf } from 'node:path'",
  "import { fileURLToPath as pathOf } from 'node:url'",
  'const require = createRequireOf(import.meta.url)',
  'const __filename = pathOf(import.meta.url)',
  'const __dirname = dirnameOf(__filename)',
].join('\n')

await build({
  absWorkingDir: root,
  entryPoints: [
    'src/cli/execute.ts',
    'src/cli/help.ts',
    'src/cli/command-not-found.ts',
    // Folders are topics: commands/rdb/keys.ts is `redis-repl rdb keys`.
    ...readdirSync(`${root}/src/commands`, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `src/commands/${name}`),
  ],
  outbase: 'src',
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: [...Object.keys(dependencies).filter((name) => !ALWAYS.includes(name)), ...DEVELOPMENT],
  banner: { js: COMMON_JS },
  chunkNames: 'chunks/[name]-[hash]',
  minifyWhitespace: true, // comments are read at every start too
  logLevel: 'warning',
})
