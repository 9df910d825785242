/** Recognises managed services, proxies and servers with another protocol, and says whether they accept replicas. */
import type { ProviderName } from '../../errors.ts'
import type { ServerIdentity } from '../../protocol/info/identity.ts'
import type { ServerInfo } from '../../protocol/info/server-info.ts'

const OWN_PROTOCOL = 'It replicates by a protocol of its own, so there is no PSYNC that this tool could speak.'
const PROXY = 'Proxies forward no PSYNC: name a server behind it.'

/** What the documentation of each provider says about PSYNC. */
export const PROVIDERS: Readonly<Record<ProviderName, string>> = {
  DRAGONFLY: `This is Dragonfly. ${OWN_PROTOCOL}`,
  KVROCKS: `This is Kvrocks. ${OWN_PROTOCOL}`,
  GARNET: `This is Garnet. ${OWN_PROTOCOL}`,
  ELASTICACHE:
    'This is Amazon ElastiCache. PSYNC is off; AWS support gives it another name for each node on request, for --psync-command or --sync-command.',
  AMAZON: 'This is an Amazon service. PSYNC and SYNC are restricted there.',
  UPSTASH: 'This is Upstash. PSYNC is not among the commands it supports.',
  CLUSTER_PROXY: `This is a cluster proxy. ${PROXY}`,
  PREDIXY: `This is Predixy. ${PROXY}`,
  AZURE: 'This is Azure Cache for Redis, by its words. Replicas of one’s own are not let in there.',
  HUAWEI: 'This is Huawei Cloud DCS or GeminiDB, by its words. PSYNC is blocked there.',
  PIKA: `This is Pika, by its words. ${OWN_PROTOCOL}`,
  ENVOY: `This is Envoy, by its words. ${PROXY}`,
}

/** By ServerIdentity.flavour: protocol/info/identity.ts, FLAVOURS. */
const FLAVOURS: Readonly<Record<string, ProviderName>> = { dragonfly: 'DRAGONFLY', kvrocks: 'KVROCKS', garnet: 'GARNET' }

/** A sentence about a server with a protocol of its own, followed by a space; empty for any other. */
export function describeFlavour(identity: ServerIdentity | undefined): string {
  const provider = FLAVOURS[identity?.flavour ?? '']
  return provider ? `${PROVIDERS[provider]} ` : ''
}

/** By a field of INFO. */
const FIELDS: readonly (readonly [field: string, matches: RegExp, provider: ProviderName])[] = [
  ['os', /^Amazon ElastiCache/i, 'ELASTICACHE'],
  ['os', /^Amazon/i, 'AMAZON'],
  ['upstash_version', /./, 'UPSTASH'],
  ['proxy_version', /./, 'CLUSTER_PROXY'],
  ['Name', /predixy/i, 'PREDIXY'],
]

/** By the error reply to a command. */
const REFUSALS: readonly (readonly [RegExp, ProviderName])[] = [
  [/^ERR Command disallowed/, 'AZURE'],
  [/^ERR Unsupported command:/, 'HUAWEI'],
  [/^ERR unknown or unsupported command/, 'PIKA'],
  [/^unsupported command/, 'ENVOY'],
]

/** Undefined for a plain server. @param server undefined without INFO @param reply the error reply to a command */
export function recogniseProvider(server: ServerInfo | undefined, reply: string): ProviderName | undefined {
  const byField = FIELDS.find(([field, matches]) => matches.test(server?.fields.get(field) ?? ''))?.[2]
  const byFlavour = server && FLAVOURS[server.identity.flavour]
  return byFlavour ?? byField ?? REFUSALS.find(([matches]) => matches.test(reply))?.[1]
}
