/** Mixed writes of every kind that a server supports. The same seed gives the same writes. */
import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { invocation } from '../../scripts/server-cache.ts'
import { owned } from './processes.ts'
import type { RunningServer } from './server.ts'
import { multibulk } from './wire.ts'

const KEYS_PER_TYPE = 50
const DATABASES = 4

export interface Kinds {
  readonly functions: boolean
  readonly hashFieldExpiry: boolean
  readonly vectors: boolean
}

export async function kindsOf(server: RunningServer): Promise<Kinds> {
  const knows = async (name: string) => (await server.cli('COMMAND', 'INFO', name)).includes(name.toLowerCase())
  return { functions: await knows('FCALL'), hashFieldExpiry: await knows('HPEXPIRE'), vectors: await knows('VADD') }
}

export const LIBRARY = `#!lua name=workload
redis.register_function('bump', function(keys, args) redis.call('INCR', keys[1]); redis.call('RPUSH', keys[2], args[1]); return 1 end)`

const SCRIPT = "redis.call('INCRBY', KEYS[1], ARGV[1]); redis.call('SADD', KEYS[2], ARGV[1]); return redis.call('GET', KEYS[1])"

type Command = readonly (string | Buffer)[]

/** A small seeded generator, so that a failing test can be repeated exactly. */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** @returns at least `count` writes as RESP, with SELECT, MULTI and EXEC among them */
export function mixedWrites(seed: number, count: number, kinds: Kinds): Buffer {
  const below = random(seed)
  const makers = makersFor(below, kinds)
  const one = () => (makers[below(makers.length)] as () => Command)()
  const parts: Buffer[] = []
  for (let written = 0; written < count; ) {
    if (below(20) === 0) parts.push(multibulk('SELECT', String(below(DATABASES))))
    const size = below(10) === 0 ? 1 + below(6) : 1
    const block = Array.from({ length: size }, () => multibulk(...one()))
    parts.push(...(size > 1 ? [multibulk('MULTI'), ...block, multibulk('EXEC')] : block))
    written += size
  }
  return Buffer.concat(parts)
}

function makersFor(below: (limit: number) => number, kinds: Kinds): (() => Command)[] {
  const key = (kind: string) => `${kind}:${below(KEYS_PER_TYPE)}`
  const number = () => String(below(1000))
  const member = () => `m${below(200)}`
  const binary = () => Buffer.from(Array.from({ length: below(60) }, () => below(256)))
  const text = () => 'x'.repeat(below(120))
  const makers: (() => Command)[] = [
    () => ['SET', key('string'), binary()],
    () => ['SET', key('string'), `looks\r\n*1\r\n$4\r\nping\r\n${text()}`],
    () => ['SET', key('temporary'), text(), 'PX', String(1 + below(400))],
    () => ['SETEX', key('lasting'), '100000', text()],
    () => ['MSET', key('string'), text(), key('string'), binary()],
    () => ['APPEND', key('appended'), text()],
    () => ['SETRANGE', key('range'), String(below(40)), text()],
    () => ['SETBIT', key('bits'), String(below(2000)), String(below(2))],
    () => ['BITOP', 'OR', key('bits'), key('bits'), key('bits')],
    () => ['INCRBYFLOAT', key('float'), `0.${number()}`],
    () => ['INCR', key('counter')],
    () => ['DEL', key('string'), key('list'), key('set')],
    () => ['UNLINK', key('hash'), key('zset')],
    () => ['EXPIRE', key('string'), '100000'],
    () => ['PERSIST', key('string')],
    () => ['RPUSH', key('list'), text(), member(), binary()],
    () => ['LPUSH', key('list'), text()],
    () => ['LPOP', key('list')],
    () => ['LTRIM', key('list'), '0', '50'],
    () => ['RPOPLPUSH', key('list'), key('list')],
    () => ['SADD', key('set'), member(), member(), number()],
    () => ['SPOP', key('set'), '2'],
    () => ['SMOVE', key('set'), key('set'), member()],
    () => ['SUNIONSTORE', key('set'), key('set'), key('set')],
    () => ['HSET', key('hash'), member(), text(), member(), binary()],
    () => ['HINCRBY', key('hashcount'), member(), number()],
    () => ['HDEL', key('hash'), member(), member()],
    () => ['ZADD', key('zset'), number(), member(), `${number()}.25`, member()],
    () => ['ZINCRBY', key('zset'), `0.${number()}`, member()],
    () => ['ZPOPMIN', key('zset')],
    () => ['ZUNIONSTORE', key('zset'), '2', key('zset'), key('zset'), 'WEIGHTS', '1', '2'],
    () => ['GEOADD', key('geo'), `${below(90)}.5`, `${below(80)}.5`, member()],
    () => ['PFADD', key('hll'), member(), number()],
    () => ['PFMERGE', key('hll'), key('hll'), key('hll')],
    () => ['XADD', key('stream'), 'MAXLEN', '~', '100', '*', 'field', text(), member(), binary()],
    () => ['XTRIM', key('stream'), 'MAXLEN', '20'],
    () => ['EVAL', SCRIPT, '2', key('counter'), key('scripted'), number()],
    () => ['PUBLISH', 'channel', text()],
    () => ['COPY', key('string'), key('copied'), 'REPLACE'],
  ].filter((make) => make()[0] !== 'COPY' || kinds.functions)
  if (kinds.functions) makers.push(() => ['FCALL', 'bump', '2', key('counter'), key('functioned'), number()])
  if (kinds.hashFieldExpiry) {
    makers.push(() => ['HPEXPIRE', key('hash'), '100000000', 'FIELDS', '1', member()])
    makers.push(() => ['HPEXPIRE', key('hash'), String(1 + below(400)), 'FIELDS', '1', member()])
  }
  if (kinds.vectors) makers.push(() => ['VADD', key('vector'), 'VALUES', '3', number(), number(), `${number()}.5`, member(), 'NOQUANT'])
  return makers
}

const PIPE_LIMIT_MS = 120_000

/** Writes with `redis-cli --pipe`. @throws when a command is refused */
export async function pipe(server: RunningServer, commands: Buffer): Promise<void> {
  const [program, lead] = invocation(server.installed, 'cli')
  const child = owned(
    spawn(program, [...lead, '-p', String(server.port), '--pipe'], { stdio: ['pipe', 'pipe', 'pipe'], timeout: PIPE_LIMIT_MS }),
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk.toString('latin1')))
  child.stdin.on('error', () => {}) // its own output says why it ended
  child.stdin.end(commands)
  await new Promise((resolve) => child.on('close', resolve))
  if (!/errors: 0\b/.test(output)) throw new Error(`${server.installed.id}: ${output.slice(0, 2000)}`)
}

/** Writes continuously until the returned function is called, which throws if a write failed. */
export function keepWriting(server: RunningServer, kinds: Kinds, batch = 50): () => Promise<void> {
  let isOn = true
  const writing = async () => {
    for (let seed = 1; isOn; seed++) {
      await pipe(server, mixedWrites(seed, batch, kinds))
      await sleep(20)
    }
  }
  const failure = writing().then(
    () => undefined,
    (error: Error) => error,
  )
  return async () => {
    isOn = false
    const error = await failure
    if (error) throw error
  }
}
