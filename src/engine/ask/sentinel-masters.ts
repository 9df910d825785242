/** Recognises a Sentinel where a server was meant, and asks which masters it watches. */
import { ReplError } from '../../errors.ts'
import type { ServerIdentity } from '../../protocol/info/identity.ts'
import { sentinelFields } from '../../protocol/info/sentinel.ts'
import type { Reply } from '../../protocol/wire/reply.ts'

/** An error reply may also be a value. */
interface Asking {
  ask(...args: string[]): Promise<Reply | undefined>
}

/** @throws ReplError SENTINEL */
export async function refuseSentinel(questions: Asking, identity: ServerIdentity | undefined): Promise<void> {
  if (identity?.mode !== 'sentinel') return
  const masterNames = namesIn(await questions.ask('SENTINEL', 'MASTERS'))
  throw new ReplError('SENTINEL', masterNames.length > 0 ? { masterNames } : {})
}

function namesIn(reply: Reply | undefined): string[] {
  return Array.isArray(reply) ? reply.flatMap((master) => sentinelFields(master)?.get('name') ?? []) : []
}
