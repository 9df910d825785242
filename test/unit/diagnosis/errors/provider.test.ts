/** Services and proxies by their own words, by INFO and by their host names. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PROVIDERS, recogniseProvider } from '../../../../src/diagnosis/errors/provider.ts'
import { parseServerInfo } from '../../../../src/protocol/info/server-info.ts'

const WORDS: readonly (readonly [provider: string, reply: string])[] = [
  ['CODIS', "ERR handle request, command 'PSYNC' is not allowed"],
  ['TAIR', 'ERR command `psync` disabled'],
  ['ALIBABA', 'ERR command psync not support for your account'],
  ['ALIBABA', "ERR command 'sync' not support for your account"],
  ['ALIBABA', 'ERR command sync not support for normal user'],
  ['UPSTASH', "ERR Command is not available: 'PSYNC'. See https://upstash.com/docs/redis/overall/rediscompatibility for details"],
  ['AZURE', 'ERR Command disallowed'],
  ['HUAWEI', 'ERR Unsupported command: psync ? -1'],
  ['PIKA', 'ERR unknown or unsupported command \'psync"'],
  ['ENVOY', "unsupported command 'psync'"],
  ['PREDIXY', 'ERR auth permission deny'],
]

const HOSTS: readonly (readonly [provider: string, host: string])[] = [
  ['ELASTICACHE', 'master.x.abc123.use1.cache.amazonaws.com'],
  ['ELASTICACHE', 'x.abc123.0001.cnn1.cache.amazonaws.com.cn'],
  ['MEMORYDB', 'clustercfg.x.abc123.memorydb.us-east-1.amazonaws.com'],
  ['AZURE', 'Name.redis.cache.windows.net'],
  ['AZURE_MANAGED', 'name.westeurope.redis.azure.net'],
  ['AZURE_MANAGED', 'name.westeurope.redisenterprise.cache.azure.net'],
  ['REDIS_CLOUD', 'redis-12345.c1.eu-west-1-3.ec2.cloud.redislabs.com'],
  ['REDIS_CLOUD', 'redis-12345.c1.eu-west-1-3.ec2.redns.redis-cloud.com'],
  ['ALIBABA', 'r-2vcken7ha7s5xwq5gg.redis.cn-chengdu.rds.aliyuncs.com'],
  ['ALIBABA', 'r-wz914ed7bd8be154506.redis.rds.aliyuncs.com'],
  ['TENCENT', 'gz-crs-abc123.sql.tencentcdb.com'],
  ['HUAWEI', 'redis-0f0f.dcs.huaweicloud.com'],
  ['UPSTASH', 'eu1-fit-cod-12345.upstash.io'],
  ['ORACLE', 'abc-p.redis.eu-frankfurt-1.oci.oraclecloud.com'],
]

const UNKNOWN = "ERR unknown command 'PSYNC', with args beginning with: '?' '-1' "

for (const [provider, reply] of WORDS) {
  test(`-${reply} is the reply of ${provider}`, () => assert.equal(recogniseProvider(undefined, reply, '10.0.0.1'), provider))
}

for (const [provider, host] of HOSTS) {
  test(`${host} belongs to ${provider}`, () => {
    assert.equal(recogniseProvider(undefined, UNKNOWN, host), provider)
    assert.equal(recogniseProvider(undefined, UNKNOWN, `${host}.example`), undefined)
  })
}

test('a plain server is not a service', () => {
  assert.equal(recogniseProvider(parseServerInfo('redis_version:7.0.15\r\nos:Linux\r\n'), UNKNOWN, 'redis.example'), undefined)
})

test('INFO of a server takes precedence over its error replies and its host name', () => {
  const info = parseServerInfo('redis_version:7.0.15\r\nos:Amazon ElastiCache\r\n')
  assert.equal(recogniseProvider(info, 'ERR Command disallowed', 'x.upstash.io'), 'ELASTICACHE')
})

test('every service is named in its sentence', () => {
  for (const [name, sentence] of Object.entries(PROVIDERS)) assert.match(sentence, /^This is [A-Za-z]/, name)
})
