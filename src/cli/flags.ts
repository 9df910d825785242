/** The flags every command shares. Connection flags carry redis-cli's names. */
import { Args, Flags } from '@oclif/core'

/** The longest a timer of Node can run: 2^31 milliseconds. */
const MAX_SECONDS = 2_147_483

const CONNECTION = 'CONNECTION'
const OUTPUT = 'OUTPUT'

export const targetArg = Args.string({
  description: 'host, host:port, [v6]:port, redis://[user:password@]host:port, valkey://…, unix:///path (default 127.0.0.1:6379)',
})

export const connectionFlags = {
  host: Flags.string({ char: 'h', helpGroup: CONNECTION, description: 'server host name or address' }),
  port: Flags.integer({ char: 'p', helpGroup: CONNECTION, min: 1, max: 65535, description: 'server port' }),
  socket: Flags.string({ char: 's', helpGroup: CONNECTION, description: 'server unix socket; instead of host and port' }),
  pass: Flags.string({
    char: 'a',
    helpGroup: CONNECTION,
    description: 'password; better in REDISCLI_AUTH or --pass-file, since others can see command lines',
  }),
  'pass-file': Flags.string({ helpGroup: CONNECTION, description: 'file whose first line is the password', exclusive: ['pass'] }),
  user: Flags.string({ helpGroup: CONNECTION, description: 'ACL user; needs a password' }),
  'no-auth-warning': Flags.boolean({ helpGroup: CONNECTION, description: 'do not warn about a password on the command line' }),
  name: Flags.string({ helpGroup: CONNECTION, default: 'redis-repl', description: 'name for CLIENT LIST' }),
  announce: Flags.string({
    helpGroup: CONNECTION,
    helpValue: 'IP:PORT',
    description: 'be listed as a replica at this address; by default we are listed where nobody looks (redis_repl, port -1)',
  }),
  'connect-timeout': Flags.integer({
    helpGroup: CONNECTION,
    min: 1,
    max: MAX_SECONDS,
    default: 5,
    helpValue: 'SECONDS',
    description: 'for the connection',
  }),
  'step-timeout': Flags.integer({
    helpGroup: CONNECTION,
    min: 1,
    max: MAX_SECONDS,
    default: 5,
    helpValue: 'SECONDS',
    description: 'for one step of the handshake',
  }),
  'silence-timeout': Flags.integer({
    helpGroup: CONNECTION,
    min: 1,
    max: MAX_SECONDS,
    default: 60,
    helpValue: 'SECONDS',
    description: 'without a byte while the master prepares or sends, as repl-timeout',
  }),
}

export const outputFlags = {
  json: Flags.boolean({
    helpGroup: OUTPUT,
    description: 'one JSON object instead of text; schema in docs/schemas',
    exclusive: ['quiet', 'verbose'],
  }),
  quiet: Flags.boolean({ char: 'q', helpGroup: OUTPUT, description: 'no progress and no trace', exclusive: ['verbose'] }),
  verbose: Flags.boolean({
    char: 'v',
    helpGroup: OUTPUT,
    description: 'show each exchange, also those of the second connection; -vv: the bytes',
  }),
}
