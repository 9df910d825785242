/** Recognises managed services, proxies and servers with another protocol, and says whether they accept replicas. */
import type { ProviderName } from '../../errors.ts'
import type { ServerIdentity } from '../../protocol/info/identity.ts'
import type { ServerInfo } from '../../protocol/info/server-info.ts'

const OWN_PROTOCOL = 'It has its own replication protocol and does not support PSYNC.'
const PROXY = 'Proxies do not forward PSYNC. Connect to one of its servers directly.'
const NOT_OFFERED = 'Its documentation lists PSYNC and SYNC as not supported.'
const BY_REPLY = '(recognised by its error reply)'
const BY_HOST = '(recognised by its host name)'

/** What the documentation of each provider says about PSYNC. */
export const PROVIDERS: Readonly<Record<ProviderName, string>> = {
  DRAGONFLY: `This is Dragonfly. ${OWN_PROTOCOL}`,
  KVROCKS: `This is Kvrocks. ${OWN_PROTOCOL}`,
  GARNET: `This is Garnet. ${OWN_PROTOCOL}`,
  ELASTICACHE:
    'This is Amazon ElastiCache. PSYNC is disabled. On request, AWS support enables it under another name for each node: give that name with --psync-command or --sync-command.',
  MEMORYDB: `This is Amazon MemoryDB. ${NOT_OFFERED}`,
  AMAZON: 'This is an Amazon service. It restricts PSYNC and SYNC.',
  UPSTASH: 'This is Upstash. It does not support PSYNC.',
  CLUSTER_PROXY: `This is a cluster proxy. ${PROXY}`,
  PREDIXY: `This is Predixy. ${PROXY}`,
  CODIS: `This is Codis ${BY_REPLY}. ${PROXY}`,
  AZURE: `This is Azure Cache for Redis ${BY_REPLY}. It does not accept external replicas.`,
  AZURE_MANAGED: `This is Azure Managed Redis ${BY_HOST}. ${NOT_OFFERED}`,
  REDIS_CLOUD: `This is Redis Cloud ${BY_HOST}. ${NOT_OFFERED}`,
  ALIBABA:
    'This is Alibaba Cloud. It needs an account with replication rights and the direct address, not the proxy. Some versions also need a support ticket.',
  TAIR: `This is Tair or another edition of Alibaba Cloud ${BY_REPLY}. Current editions have their own replication protocol. For Redis editions Alibaba enables PSYNC on request.`,
  TENCENT: `This is Tencent Cloud ${BY_HOST}. It blocks PSYNC unless Tencent enables it on request.`,
  ORACLE: `This is OCI Cache ${BY_HOST}. ${NOT_OFFERED}`,
  HUAWEI: `This is Huawei Cloud DCS or GeminiDB ${BY_REPLY}. It blocks PSYNC.`,
  PIKA: `This is Pika ${BY_REPLY}. ${OWN_PROTOCOL}`,
  ENVOY: `This is Envoy ${BY_REPLY}. ${PROXY}`,
}

/** By ServerIdentity.flavour: protocol/info/identity.ts, FLAVOURS. */
const FLAVOURS: Readonly<Record<string, ProviderName>> = { dragonfly: 'DRAGONFLY', kvrocks: 'KVROCKS', garnet: 'GARNET' }

/** Undefined for a server that replicates by PSYNC. */
export function ownProtocolOf(identity: ServerIdentity | undefined): ProviderName | undefined {
  return FLAVOURS[identity?.flavour ?? '']
}

/** A sentence about a server with a protocol of its own, followed by a space; empty for any other. */
export function describeFlavour(identity: ServerIdentity | undefined): string {
  const provider = ownProtocolOf(identity)
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

/** By the host name that the user gave or a server announced. */
const HOSTS: readonly (readonly [RegExp, ProviderName])[] = [
  [/\.memorydb\.[\w-]+\.amazonaws\.com(\.cn)?$/, 'MEMORYDB'],
  [/\.cache\.amazonaws\.com(\.cn)?$/, 'ELASTICACHE'],
  [/\.redis\.cache\.(windows\.net|chinacloudapi\.cn|usgovcloudapi\.net)$/, 'AZURE'],
  [/\.(redis\.azure\.net|redisenterprise\.cache\.azure\.net)$/, 'AZURE_MANAGED'],
  [/\.(redislabs|redis-cloud)\.com$/, 'REDIS_CLOUD'],
  [/\.(rds|kvstore|redis)\.aliyuncs\.com$/, 'ALIBABA'],
  [/\.tencentcdb\.com$/, 'TENCENT'],
  [/\.dcs\.huaweicloud\.com$/, 'HUAWEI'],
  [/\.upstash\.io$/, 'UPSTASH'],
  [/\.redis\.[\w-]+\.oci\.oraclecloud\.com$/, 'ORACLE'],
]

/** By the error reply to a command. */
const REFUSALS: readonly (readonly [RegExp, ProviderName])[] = [
  [/^ERR Command disallowed/, 'AZURE'],
  [/^ERR handle request, command/, 'CODIS'],
  [/^ERR command `\w+` disabled/, 'TAIR'],
  [/^ERR command '?\w+'? not support for (your account|normal user)/, 'ALIBABA'],
  [/^ERR Command is not available: /, 'UPSTASH'],
  [/auth permission deny/, 'PREDIXY'],
  [/^ERR Unsupported command:/, 'HUAWEI'],
  [/^ERR unknown or unsupported command/, 'PIKA'],
  [/^unsupported command/, 'ENVOY'],
]

/** Undefined for a plain server. @param server undefined without INFO @param reply the error reply to a command @param host empty for a socket */
export function recogniseProvider(server: ServerInfo | undefined, reply: string, host = ''): ProviderName | undefined {
  const byField = FIELDS.find(([field, matches]) => matches.test(server?.fields.get(field) ?? ''))?.[2]
  const byFlavour = server && FLAVOURS[server.identity.flavour]
  const byWords = REFUSALS.find(([matches]) => matches.test(reply))?.[1]
  return byFlavour ?? byField ?? byWords ?? HOSTS.find(([matches]) => matches.test(host.toLowerCase()))?.[1]
}
