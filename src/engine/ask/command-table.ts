/** Finds the key positions of commands. */

import { KeyRules } from '../../protocol/stream/key-rules.ts'
import type { Access } from './access.ts'
import { Informant } from './informant.ts'

/** Uses the server's own table, or the built-in one when COMMAND is not permitted. */
export async function loadKeyRules(access: Access, signal: AbortSignal): Promise<KeyRules> {
  const informant = new Informant(access, signal)
  try {
    const reply = await informant.ask('COMMAND')
    return reply === undefined ? KeyRules.builtIn() : KeyRules.fromCommandReply(reply)
  } finally {
    informant.close()
  }
}
