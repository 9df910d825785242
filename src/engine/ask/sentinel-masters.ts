/** Recognises a Sentinel where a server was meant, and asks which masters it watches. */
import { expectReplError, ReplError } from '../../errors.ts'
import { endpointName } from '../../io/endpoint.ts'
import type { ServerIdentity } from '../../protocol/info/identity.ts'
import { sentinelFields } from '../../protocol/info/sentinel.ts'
import type { Reply } from '../../protocol/wire/reply.ts'
import type { Access } from './access.ts'
import { Informant } from './informant.ts'

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

/** The same on a connection of its own. @throws ReplError SENTINEL */
export async function refuseSentinelAt(access: Access, identity: ServerIdentity | undefined, signal: AbortSignal): Promise<void> {
  if (identity?.mode !== 'sentinel') return
  const informant = new Informant(access, signal)
  try {
    await refuseSentinel(informant, identity)
  } catch (error) {
    throw expectReplError(error).with({ endpoint: endpointName(access.endpoint) })
  } finally {
    informant.close()
  }
}

function namesIn(reply: Reply | undefined): string[] {
  return Array.isArray(reply) ? reply.flatMap((master) => sentinelFields(master)?.get('name') ?? []) : []
}
