/** The flags that all commands share. Connection flags have the names that redis-cli uses. */
import { Args, Flags, type Interfaces } from '@oclif/core'
import { COLORS } from './color.ts'

/** The longest delay of a Node timer: 2^31 milliseconds. */
const MAX_SECONDS = 2_147_483

/** oclif accepts digits as short flags, but its type does not. */
const [IPV4, IPV6] = ['4', '6'] as unknown as ['a', 'b']

const CONNECTION = 'CONNECTION'
const TLS = 'TLS'
const DISCOVERY = 'DISCOVERY'
const OUTPUT = 'OUTPUT'
const SETTINGS = 'SETTINGS'

/** The default of --name. */
export const CLIENT_NAME = 'redis-repl'

export const targetArg = Args.string({
  description:
    'host, host:port, [v6]:port, redis://[user:password@]host:port, valkey://, rediss:// or valkeys:// with TLS, unix:///path, redis-sentinel://host,host/NAME, @PROFILE (default 127.0.0.1:6379)',
})

export const connectionFlags = {
  host: Flags.string({ char: 'h', helpGroup: CONNECTION, description: 'server host name or address' }),
  port: Flags.integer({ char: 'p', helpGroup: CONNECTION, min: 1, max: 65535, description: 'server port' }),
  socket: Flags.string({ char: 's', helpGroup: CONNECTION, description: 'server unix socket; instead of host and port' }),
  uri: Flags.string({ char: 'u', helpGroup: CONNECTION, description: 'server URI; the same as TARGET' }),
  ipv4: Flags.boolean({ char: IPV4, helpGroup: CONNECTION, description: 'only IPv4 addresses of a host name', exclusive: ['ipv6'] }),
  ipv6: Flags.boolean({ char: IPV6, helpGroup: CONNECTION, description: 'only IPv6 addresses of a host name' }),
  pass: Flags.string({
    char: 'a',
    helpGroup: CONNECTION,
    description: 'password; better in REDISCLI_AUTH or --pass-file, since others can see command lines',
  }),
  'pass-file': Flags.string({ helpGroup: CONNECTION, description: 'file whose first line is the password', exclusive: ['pass'] }),
  askpass: Flags.boolean({ helpGroup: CONNECTION, description: 'ask for the password', exclusive: ['pass', 'pass-file'] }),
  user: Flags.string({ helpGroup: CONNECTION, description: 'ACL user; needs a password' }),
  'no-auth-warning': Flags.boolean({ helpGroup: CONNECTION, description: 'do not warn about a password on the command line' }),
  name: Flags.string({
    helpGroup: CONNECTION,
    default: CLIENT_NAME,
    description: 'name for CLIENT LIST; with --user, which is listed too, only sent if it is another than the default',
  }),
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

export const discoveryFlags = {
  sentinel: Flags.string({
    helpGroup: DISCOVERY,
    helpValue: 'HOST[:PORT]',
    multiple: true,
    multipleNonGreedy: true,
    description: 'ask this Sentinel for the master; may be repeated, and any of them may be down; the same as redis-sentinel://H1,H2/NAME',
    dependsOn: ['master-name'],
  }),
  'master-name': Flags.string({
    helpGroup: DISCOVERY,
    helpValue: 'NAME',
    description: 'the name under which Sentinels know it',
    dependsOn: ['sentinel'],
  }),
  'sentinel-user': Flags.string({ helpGroup: DISCOVERY, description: 'ACL user of the Sentinels' }),
  'sentinel-pass': Flags.string({ helpGroup: DISCOVERY, description: 'their password; better in --sentinel-pass-file' }),
  'sentinel-pass-file': Flags.string({
    helpGroup: DISCOVERY,
    helpValue: 'FILE',
    description: 'file whose first line is their password',
    exclusive: ['sentinel-pass'],
  }),
  'sentinel-tls': Flags.boolean({
    helpGroup: DISCOVERY,
    allowNo: true,
    description: 'whether they speak TLS; as the servers if not given',
  }),
  prefer: Flags.string({
    helpGroup: DISCOVERY,
    options: ['master', 'replica'],
    description: 'of whatever was named, take the healthy replica with the highest offset, or the master; the choice is explained',
  }),
  'psync-command': Flags.string({
    helpGroup: DISCOVERY,
    helpValue: 'NAME',
    description: 'what the server calls PSYNC, where it is renamed; most take it for SYNC then, so all but dump-rdb need --allow-fork',
  }),
  'sync-command': Flags.string({
    helpGroup: DISCOVERY,
    helpValue: 'NAME',
    description: 'what it calls SYNC; alone, for dump-rdb without PSYNC',
  }),
  map: Flags.string({
    helpGroup: DISCOVERY,
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'ANNOUNCED=REACHABLE',
    description: 'where a server that is announced at an address of another network is really reached; hosts or host:port',
  }),
}

export const tlsFlags = {
  tls: Flags.boolean({ helpGroup: TLS, description: 'speak TLS, and verify the certificate of the server and its name' }),
  cacert: Flags.string({ helpGroup: TLS, helpValue: 'FILE', description: 'trust these authorities (PEM) instead of those of the system' }),
  cacertdir: Flags.string({ helpGroup: TLS, helpValue: 'FOLDER', description: 'the same, all files of a folder' }),
  cert: Flags.string({ helpGroup: TLS, helpValue: 'FILE', description: 'certificate to show to the server (PEM)', dependsOn: ['key'] }),
  key: Flags.string({ helpGroup: TLS, helpValue: 'FILE', description: 'its private key (PEM)', dependsOn: ['cert'] }),
  sni: Flags.string({ helpGroup: TLS, helpValue: 'NAME', description: 'ask for this name and verify it, instead of that of the host' }),
  'tls-ciphers': Flags.string({ helpGroup: TLS, helpValue: 'LIST', description: 'cipher suites, as OpenSSL lists them' }),
  insecure: Flags.boolean({ helpGroup: TLS, description: 'accept any certificate: encrypted, but with nobody knows whom' }),
}

export const settingsFlags = {
  config: Flags.string({
    helpGroup: SETTINGS,
    helpValue: 'FILE',
    description: 'settings and profiles (TOML), instead of config.toml in the folder for such files; a TARGET of @NAME takes a profile',
  }),
  'print-config': Flags.boolean({ helpGroup: SETTINGS, description: 'show every setting and where it came from, and contact nobody' }),
}

/** The flags that decide which server we reach, and how. */
export const reachingFlags = { ...connectionFlags, ...tlsFlags, ...discoveryFlags, config: settingsFlags.config }

export const outputFlags = {
  json: Flags.boolean({
    helpGroup: OUTPUT,
    description: 'one JSON object instead of text; schema in docs/schemas',
    exclusive: ['quiet', 'verbose'],
  }),
  quiet: Flags.boolean({
    char: 'q',
    helpGroup: OUTPUT,
    description: 'print the verdict line only; -qq: print nothing, and tell by the exit status',
    exclusive: ['verbose'],
  }),
  verbose: Flags.boolean({
    char: 'v',
    helpGroup: OUTPUT,
    description: 'show each exchange, also those of the second connection; -vv: the bytes',
  }),
  color: Flags.string({
    helpGroup: OUTPUT,
    options: [...COLORS],
    default: 'auto',
    description: 'colour the output; auto: on a terminal, unless NO_COLOR is set',
  }),
}

/** The values of the flags that name the server, as oclif parses them. */
export type ConnectionFlags = Interfaces.InferredFlags<typeof connectionFlags & typeof tlsFlags & typeof discoveryFlags> & {
  readonly cluster?: boolean
}
