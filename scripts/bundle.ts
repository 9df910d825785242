/**
 * Bundles the commands and oclif into a few files in dist/. On Node 20, finding and opening three hundred modules takes longer
 * than most commands run. Modules that only some runs need stay in separate chunks.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const { dependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { dependencies: object }

/** Packages that every run needs. The others stay outside the bundle and are loaded on demand. */
const BUNDLED = ['@oclif/core', 'redis-parser', 'string-width', 'wrap-ansi']
/** oclif loads it only when it runs commands from their sources. It is not a dependency, so users may not have it. */
const DEVELOPMENT = ['typescript']

/** oclif is CommonJS and expects the variables of a CommonJS module. */
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
  external: [...Object.keys(dependencies).filter((name) => !BUNDLED.includes(name)), ...DEVELOPMENT],
  banner: { js: COMMON_JS },
  chunkNames: 'chunks/[name]-[hash]',
  minifyWhitespace: true, // Node would parse the comments at every start
  logLevel: 'warning',
})
