/** Which service or proxy this is, where it is more than a plain server, and whether replicas are let in there. */
import type { ServerInfo } from '../../protocol/info/server-info.ts'

export interface Provider {
  readonly name: string
  /** What the service says of PSYNC, in its documentation. */
  readonly access: string
}

const OWN_PROTOCOL = 'It replicates by a protocol of its own, so there is no PSYNC that this tool could speak.'

/** By the flavour of INFO: protocol/server-facts.ts, FLAVOURS. */
const FLAVOURS: Readonly<Record<string, Provider>> = {
  dragonfly: { name: 'Dragonfly', access: OWN_PROTOCOL },
  kvrocks: { name: 'Kvrocks', access: OWN_PROTOCOL },
  garnet: { name: 'Garnet', access: OWN_PROTOCOL },
}

/** By a field of INFO. */
const FIELDS: readonly (readonly [field: string, matches: RegExp, provider: Provider])[] = [
  [
    'os',
    /^Amazon ElastiCache/i,
    {
      name: 'Amazon ElastiCache',
      access: 'PSYNC is off; AWS support gives it another name for each node on request, for --psync-command or --sync-command.',
    },
  ],
  ['os', /^Amazon/i, { name: 'an Amazon service', access: 'PSYNC and SYNC are restricted there.' }],
  ['upstash_version', /./, { name: 'Upstash', access: 'PSYNC is not among the commands it supports.' }],
  ['proxy_version', /./, { name: 'a cluster proxy', access: 'Proxies forward no PSYNC: name a server behind it.' }],
  ['Name', /predixy/i, { name: 'Predixy', access: 'Proxies forward no PSYNC: name a server behind it.' }],
]

/** By the words in which a command is refused. */
const WORDS: readonly (readonly [RegExp, Provider])[] = [
  [/^ERR Command disallowed/, { name: 'Azure Cache for Redis, by its words', access: 'Replicas of one’s own are not let in there.' }],
  [/^ERR Unsupported command:/, { name: 'Huawei Cloud DCS or GeminiDB, by its words', access: 'PSYNC is blocked there.' }],
  [/^ERR unknown or unsupported command/, { name: 'Pika, by its words', access: OWN_PROTOCOL }],
  [/^unsupported command/, { name: 'Envoy, by its words', access: 'Proxies forward no PSYNC: name a server behind it.' }],
]

/** @param server where it may be asked @param reply the refusal of a command */
export function recogniseProvider(server: ServerInfo | undefined, reply: string): Provider | undefined {
  const byField = FIELDS.find(([field, matches]) => matches.test(server?.fields.get(field) ?? ''))?.[2]
  const byFlavour = server && FLAVOURS[server.identity.flavour]
  return byFlavour ?? byField ?? WORDS.find(([matches]) => matches.test(reply))?.[1]
}
