/**
 * The import rule of docs/architecture.md: imports point down only, at any folder depth, and never in a circle.
 * A layer may import itself, errors.ts, exit-status.ts, and what stands beside it here; `npm run graph` draws the same.
 */

/** Each layer with the paths under src/ that it may import besides its own. */
const MAY_IMPORT = {
  commands: ['cli', 'runs'],
  cli: ['runs', 'render', 'topology', 'engine', 'handshake', 'diagnosis', 'protocol', 'io'],
  runs: ['render', 'survey', 'topology', 'engine', 'handshake', 'diagnosis', 'protocol', 'rdb', 'io'],
  // Events and facts come in; nothing that connects, receives or writes.
  render: [
    'engine/events',
    'engine/visit',
    'engine/ask/source',
    'engine/follow/events',
    'engine/follow/command-view',
    'diagnosis',
    'protocol',
  ],
  survey: ['topology', 'engine', 'diagnosis', 'protocol', 'io'],
  topology: ['engine/ask', 'protocol', 'io'],
  engine: ['handshake', 'diagnosis', 'protocol', 'rdb', 'io'],
  diagnosis: ['handshake', 'protocol'],
  handshake: ['protocol'],
  rdb: ['protocol'],
  protocol: [],
  io: [],
}

/** Modules of Node and packages with the only places that may import them. */
const ONLY_IN = [
  { what: 'sockets', modules: ['net', 'tls', 'dns', 'dns/promises', 'http', 'https', 'http2'], where: ['io/'] },
  { what: 'timers', modules: ['timers', 'timers/promises'], where: ['io/'] },
  { what: 'threads-and-compression', modules: ['worker_threads', 'zlib'], where: ['io/'] },
  { what: 'files', modules: ['fs', 'fs/promises'], where: ['io/', 'cli/'] },
  { what: 'terminal-packages', modules: ['chalk', 'ora', 'cli-table3'], where: ['render/'] },
  { what: 'redis-parser', modules: ['redis-parser'], where: ['protocol/wire/reply.ts'] },
  { what: 'oclif', modules: ['@oclif/core'], where: ['commands/', 'cli/', 'runs/flags.ts', 'runs/[a-z-]+/flags.ts'] },
]

const layerRules = Object.entries(MAY_IMPORT).map(([layer, others]) => ({
  name: `${layer}-imports-down`,
  comment: `src/${layer} may import ${['errors.ts', 'exit-status.ts', ...others].join(', ')}`,
  severity: 'error',
  from: { path: `^src/${layer}/` },
  to: {
    path: '^src/',
    pathNot: ['^src/(errors|exit-status).ts$', `^src/${layer}/`, ...others.flatMap((other) => [`^src/${other}/`, `^src/${other}.ts$`])],
  },
}))

const moduleRules = ONLY_IN.map(({ what, modules, where }) => ({
  name: `${what}-in-their-place`,
  comment: `${modules.join(', ')}: only in ${where.map((path) => `src/${path}`).join(', ')}`,
  severity: 'error',
  from: { path: '^src/', pathNot: where.map((path) => `^src/${path}`) },
  to: { path: modules.flatMap((name) => [`^${name}$`, `^node:${name}$`, `node_modules/${name}/`]) },
}))

module.exports = {
  forbidden: [
    { name: 'no-circle', severity: 'error', from: { path: '^src/' }, to: { circular: true } },
    {
      name: 'errors-import-nothing',
      comment: 'src/errors.ts is the door to src/errors/',
      severity: 'error',
      from: { path: '^src/errors(\\.ts$|/)' },
      to: { path: '^src/', pathNot: '^src/errors/' },
    },
    {
      name: 'errors-by-their-door',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/errors(\\.ts$|/)' },
      to: { path: '^src/errors/' },
    },
    ...layerRules,
    ...moduleRules,
  ],
  options: {
    // swc, since the API of the TypeScript compiler is gone with version 7; it keeps imports of types too.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
  },
}
