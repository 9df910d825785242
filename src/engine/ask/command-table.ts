/** Where the keys of commands stand, by the server's own table where it may be asked. */

import { KeyRules } from '../../protocol/stream/key-rules.ts'
import type { Access } from './access.ts'
import { Informant } from './informant.ts'

export async function learnKeys(access: Access, signal: AbortSignal): Promise<KeyRules> {
  const informant = new Informant(access, signal)
  try {
    const reply = await informant.ask('COMMAND')
    return reply === undefined ? KeyRules.builtIn() : KeyRules.fromCommandReply(reply)
  } finally {
    informant.close()
  }
}
