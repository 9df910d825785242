/** oclif's hook for a command that does not exist. It reports a usage error like any other, including with --json. */
import type { Hook, Interfaces } from '@oclif/core'
import { type ReplError, usageError } from '../errors.ts'
import { plainView, reportFailure } from './failure.ts'

const commandNotFound: Hook.CommandNotFound = async ({ argv = [], config }) => {
  await reportFailure(noSuchCommand(config), plainView(config, argv))
}

export default commandNotFound

/** Does not repeat the word: if the user forgot the command, it is a target and may contain a password. */
export function noSuchCommand({ commandIDs }: Pick<Interfaces.Config, 'commandIDs'>): ReplError {
  const known = commandIDs.filter((name) => name !== 'help').sort()
  return usageError(`The first word is no command; they are ${known.join(', ')}`)
}
