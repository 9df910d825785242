/**
 * `npm run demo`: runs two commands against a real server with sample data on a free port, then stops the server.
 * Uses the system's redis-server or valkey-server, or an unpacked one; otherwise it unpacks one.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { RunningServer } from '../test/helpers/server.ts'
import { fetchServers } from './fetch-servers.ts'
import { type Installed, installedServers } from './server-cache.ts'

const run = promisify(execFile)
const RUN = fileURLToPath(new URL('../bin/run.js', import.meta.url))
const TO_UNPACK = ['redis-7.0', 'redis-8.0', 'valkey-8.1']

async function onPath(program: string): Promise<string | undefined> {
  return await run('sh', ['-c', `command -v ${program}`]).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  )
}

async function systemServer(): Promise<Installed | undefined> {
  for (const flavour of ['redis', 'valkey']) {
    const [server, cli, checkRdb] = await Promise.all(['server', 'cli', 'check-rdb'].map((tool) => onPath(`${flavour}-${tool}`)))
    if (server && cli && checkRdb) return { id: 'system', flavour, version: '', suite: '', server, cli, checkRdb }
  }
  return undefined
}

async function anyServer(): Promise<Installed> {
  const found = (await systemServer()) ?? installedServers()[0]
  if (found) return found
  console.log('No redis-server on this machine; unpacking one into the cache folder, without root.')
  for (const id of TO_UNPACK) {
    const failures = await fetchServers([id], console.log)
    const [unpacked] = installedServers()
    if (unpacked) return unpacked
    for (const failure of failures) console.error(`not available: ${failure}`)
  }
  throw new Error('no server could be unpacked')
}

/** Prints the command and runs it as a user would. @throws Error when it fails */
async function show(...args: string[]): Promise<void> {
  console.log(`\n$ redis-repl ${args.join(' ')}`)
  const child = spawn(process.execPath, [RUN, ...args], { stdio: 'inherit' })
  const [status] = (await once(child, 'close')) as [number]
  if (status !== 0) throw new Error(`redis-repl ${args[0]} ended with exit status ${status}`)
}

async function demo(installed: Installed): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'redis-repl-demo-'))
  const server = await RunningServer.start(installed, { 'repl-diskless-sync': 'yes', 'repl-diskless-sync-delay': '1' })
  const stop = async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
  process.once('SIGINT', () => void stop().then(() => process.exit(130)))
  try {
    await server.cli('EVAL', "for i = 1, 10000 do redis.call('SET', 'user:' .. i, 'name ' .. i) end return 10000", '0')
    console.log(`A ${installed.flavour} server with 10,000 keys listens on ${server.target}.`)
    const snapshot = join(folder, 'snapshot.rdb')
    await show('dump-rdb', server.target, '-o', snapshot)
    await show('handshake', server.target)
    console.log(`\n$ ${installed.flavour}-check-rdb snapshot.rdb`)
    console.log(
      (await server.checkRdb(snapshot))
        .split('\n')
        .filter((line) => line.includes('OK'))
        .join('\n'),
    )
  } finally {
    await stop()
  }
  console.log('\nThe server is stopped and its files are removed.')
}

await anyServer()
  .then(demo)
  .catch((error: Error) => {
    console.error(`\nThe demo cannot go on: ${error.message}.`)
    console.error(
      'It needs redis-server (or valkey-server) with its tools on the PATH, or a Debian with apt, from which it takes one by itself.',
    )
    process.exitCode = 1
  })
