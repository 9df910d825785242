/** User names and passwords, from flags, files, the terminal, the target and the environment. */

import { readFileSync } from 'node:fs'
import { errnoOf, type PassFileProblem, ReplError, usageError } from '../errors.ts'
import { askPassword } from '../io/ask.ts'
import type { Credentials } from '../protocol/credentials.ts'
import type { ConnectionFlags } from './flags.ts'

/** Precedence as in redis-cli: flags, then the userinfo of the target, then the environment. */
export async function chooseCredentials(
  fromTarget: Credentials | undefined,
  flags: ConnectionFlags,
  env: NodeJS.ProcessEnv,
): Promise<Credentials | undefined> {
  const fromFile = flags['pass-file'] === undefined ? undefined : readPassword(flags['pass-file'])
  const typed = flags.askpass ? await askPassword('Password: ') : undefined
  const password = flags.pass ?? fromFile ?? typed ?? fromTarget?.password ?? (env.REDISCLI_AUTH || env.VALKEYCLI_AUTH || undefined)
  const username = flags.user ?? fromTarget?.username
  if (password === undefined) {
    if (username !== undefined) throw usageError('--user needs a password: --askpass, --pass-file, REDISCLI_AUTH, or -a')
    return undefined
  }
  return { ...(username !== undefined && { username }), password }
}

/** Sentinels have their own users and passwords. They never receive those of the servers. */
export function sentinelCredentials(flags: ConnectionFlags): Credentials | undefined {
  const { 'sentinel-user': username, 'sentinel-pass': pass, 'sentinel-pass-file': file } = flags
  const password = pass ?? (file === undefined ? undefined : readPassword(file))
  if (password === undefined) {
    if (username !== undefined) throw usageError('--sentinel-user needs a password: --sentinel-pass-file, or --sentinel-pass')
    return undefined
  }
  return { ...(username !== undefined && { username }), password }
}

function readPassword(path: string): string {
  const [password = ''] = readText(path).split(/\r?\n/)
  if (password === '') throw passFileError(path, { problem: 'EMPTY' })
  return password
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw passFileError(path, { problem: 'UNREADABLE', errno: errnoOf(error) })
  }
}

function passFileError(path: string, problem: PassFileProblem): ReplError {
  return new ReplError('PASS_FILE', { path, ...problem })
}
