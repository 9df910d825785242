/** The flags that all commands share. Connection flags have the names that redis-cli uses. */
import { Args, Flags, type Interfaces } from '@oclif/core'
import { durationFlag } from '../runs/flags.ts'
import { COLORS } from './argv/color.ts'

/** oclif accepts digits as short flags, but its type does not. */
const [IPV4, IPV6] = ['4', '6'] as unknown as ['a', 'b']

const CONNECTION = 'CONNECTION'
const TLS = 'TLS'
const DISCOVERY = 'DISCOVERY'
export const OUTPUT = 'OUTPUT'
const SETTINGS = 'SETTINGS'

/** The groups that `redis-repl help connection` explains, once for all commands. */
export const CONNECTION_GROUPS: readonly string[] = [CONNECTION, TLS, DISCOVERY, SETTINGS]

/** The default of --name. */
export const CLIENT_NAME = 'redis-repl'

export const targetArg = Args.string({ description: 'host:port, port, URI, unix path or @profile (default: 127.0.0.1:6379)' })

export const connectionFlags = {
  host: Flags.string({ char: 'h', helpGroup: CONNECTION, helpValue: 'HOST', description: 'host name or address' }),
  port: Flags.integer({ char: 'p', helpGroup: CONNECTION, min: 1, max: 65535, helpValue: 'PORT', description: 'port' }),
  socket: Flags.string({ char: 's', helpGroup: CONNECTION, helpValue: 'PATH', description: 'unix socket' }),
  uri: Flags.string({ char: 'u', helpGroup: CONNECTION, helpValue: 'URI', description: 'URI, as TARGET' }),
  ipv4: Flags.boolean({ char: IPV4, helpGroup: CONNECTION, description: 'use only IPv4 addresses', exclusive: ['ipv6'] }),
  ipv6: Flags.boolean({ char: IPV6, helpGroup: CONNECTION, description: 'use only IPv6 addresses' }),
  user: Flags.string({ helpGroup: CONNECTION, helpValue: 'NAME', description: 'ACL user; needs a password' }),
  pass: Flags.string({
    char: 'a',
    helpGroup: CONNECTION,
    helpValue: 'PASSWORD',
    summary: 'password; others can see it, so use REDISCLI_AUTH',
    description: 'password; others can see command lines, so use --pass-file or REDISCLI_AUTH',
  }),
  'pass-file': Flags.string({
    helpGroup: CONNECTION,
    helpValue: 'FILE',
    description: 'file whose first line is the password',
    exclusive: ['pass'],
  }),
  askpass: Flags.boolean({ helpGroup: CONNECTION, description: 'ask for the password', exclusive: ['pass', 'pass-file'] }),
  'no-auth-warning': Flags.boolean({ helpGroup: CONNECTION, description: 'do not warn about -a' }),
  name: Flags.string({
    helpGroup: CONNECTION,
    helpValue: 'NAME',
    default: CLIENT_NAME,
    summary: 'name for CLIENT LIST',
    description: 'name for CLIENT LIST; with --user it is sent only if it differs from the default',
  }),
  announce: Flags.string({
    helpGroup: CONNECTION,
    helpValue: 'IP:PORT',
    summary: 'announce this address as a replica would',
    description: 'announce this address as a replica would; the default is one that Sentinels ignore (redis_repl, port -1)',
  }),
  'connect-timeout': durationFlag({ helpGroup: CONNECTION, min: 1, default: 5000, description: 'limit for connecting' }),
  'step-timeout': durationFlag({ helpGroup: CONNECTION, min: 1, default: 5000, description: 'limit for each reply in the handshake' }),
  'silence-timeout': durationFlag({
    helpGroup: CONNECTION,
    min: 1,
    default: 60_000,
    description: 'limit without a byte from the master',
  }),
}

export const tlsFlags = {
  tls: Flags.boolean({ helpGroup: TLS, description: 'use TLS; verify the certificate and its name' }),
  cacert: Flags.string({ helpGroup: TLS, helpValue: 'FILE', description: 'authorities to trust (PEM) instead of the system’s' }),
  cacertdir: Flags.string({ helpGroup: TLS, helpValue: 'FOLDER', description: 'the same, from all files of a folder' }),
  cert: Flags.string({ helpGroup: TLS, helpValue: 'FILE', description: 'client certificate (PEM)', dependsOn: ['key'] }),
  key: Flags.string({ helpGroup: TLS, helpValue: 'FILE', description: 'its private key (PEM)', dependsOn: ['cert'] }),
  sni: Flags.string({ helpGroup: TLS, helpValue: 'NAME', description: 'server name to ask for and verify (default: the host)' }),
  'tls-ciphers': Flags.string({ helpGroup: TLS, helpValue: 'LIST', description: 'cipher suites, in OpenSSL’s format' }),
  insecure: Flags.boolean({ helpGroup: TLS, description: 'encrypt, but do not check the server’s identity' }),
}

export const discoveryFlags = {
  sentinel: Flags.string({
    helpGroup: DISCOVERY,
    helpValue: 'HOST[:PORT]',
    multiple: true,
    multipleNonGreedy: true,
    description: 'ask this Sentinel for the master; repeatable',
    dependsOn: ['master-name'],
  }),
  'master-name': Flags.string({
    helpGroup: DISCOVERY,
    helpValue: 'NAME',
    description: 'name of the master in Sentinel',
    dependsOn: ['sentinel'],
  }),
  'sentinel-user': Flags.string({ helpGroup: DISCOVERY, helpValue: 'NAME', description: 'ACL user for the Sentinels' }),
  'sentinel-pass': Flags.string({
    helpGroup: DISCOVERY,
    helpValue: 'PASSWORD',
    description: 'their password; others can see it',
  }),
  'sentinel-pass-file': Flags.string({
    helpGroup: DISCOVERY,
    helpValue: 'FILE',
    description: 'file whose first line is their password',
    exclusive: ['sentinel-pass'],
  }),
  'sentinel-tls': Flags.boolean({ helpGroup: DISCOVERY, allowNo: true, description: 'TLS to the Sentinels (default: as for servers)' }),
  prefer: Flags.string({
    helpGroup: DISCOVERY,
    options: ['master', 'replica'],
    summary: 'use the master, or the most advanced replica',
    description: 'use the master, or the healthy replica with the highest offset',
  }),
  map: Flags.string({
    helpGroup: DISCOVERY,
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'ANNOUNCED=REACHABLE',
    summary: 'reach servers elsewhere than announced; repeatable',
    description: 'where to reach a server that is announced at an address of another network; hosts or host:port; repeatable',
  }),
  'psync-command': Flags.string({
    helpGroup: DISCOVERY,
    helpValue: 'NAME',
    summary: 'new name of a renamed PSYNC',
    description: 'new name of a renamed PSYNC; most servers take it for SYNC, so all commands but dump-rdb need --allow-fork',
  }),
  'sync-command': Flags.string({ helpGroup: DISCOVERY, helpValue: 'NAME', description: 'new name of a renamed SYNC' }),
}

export const settingsFlags = {
  config: Flags.string({ helpGroup: SETTINGS, helpValue: 'FILE', description: 'file with defaults and profiles (TOML)' }),
  'print-config': Flags.boolean({ helpGroup: SETTINGS, description: 'show each setting and its source; contact no server' }),
}

/** The flags that decide which server we reach, and how. */
export const reachingFlags = { ...connectionFlags, ...tlsFlags, ...discoveryFlags, config: settingsFlags.config }

export const outputFlags = {
  json: Flags.boolean({
    helpGroup: OUTPUT,
    description: 'print JSON (its schema: redis-repl schema)',
    exclusive: ['quiet', 'verbose'],
  }),
  quiet: Flags.boolean({
    char: 'q',
    helpGroup: OUTPUT,
    description: 'print the verdict only; -qq: print nothing',
    exclusive: ['verbose'],
  }),
  verbose: Flags.boolean({ char: 'v', helpGroup: OUTPUT, description: 'show each exchange; -vv: its bytes' }),
  color: Flags.string({
    helpGroup: OUTPUT,
    options: [...COLORS],
    default: 'auto',
    description: 'auto: if stdout is a terminal',
  }),
}

/** The values of the flags that name the server, as oclif parses them. */
export type ConnectionFlags = Interfaces.InferredFlags<typeof connectionFlags & typeof tlsFlags & typeof discoveryFlags> & {
  readonly cluster?: boolean
}
