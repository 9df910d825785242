/** Recognises a Sentinel where a server was meant, and asks which masters it watches. */
import { ReplError } from '../../errors.ts'
import type { ServerIdentity } from '../../protocol/info/identity.ts'
import type { Reply } from '../../protocol/wire/reply.ts'
import type { Questions } from './questions.ts'

/** @throws ReplError SENTINEL */
export async function refuseSentinel(questions: Questions, identity: ServerIdentity | undefined): Promise<void> {
  if (identity?.mode !== 'sentinel') return
  const masterNames = namesIn(await questions.ask('SENTINEL', 'MASTERS'))
  throw new ReplError('SENTINEL', masterNames.length > 0 ? { masterNames } : {})
}

/** Each master is a list of names and values (sentinel.c, addReplySentinelRedisInstance). */
function namesIn(reply: Reply | undefined): string[] {
  if (!Array.isArray(reply)) return []
  return reply.flatMap((master) => {
    const name = Array.isArray(master) ? master[master.indexOf('name') + 1] : undefined
    return typeof name === 'string' && Array.isArray(master) && master.includes('name') ? [name] : []
  })
}
