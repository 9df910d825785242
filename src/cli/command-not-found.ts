/** oclif's hook for a command that does not exist. It reports a usage error like any other, including with --json. */
import type { Hook, Interfaces } from '@oclif/core'
import { type ReplError, usageError } from '../errors.ts'
import { didYouMean } from './argv/nearest.ts'
import { plainView, reportFailure } from './failure.ts'

const commandNotFound: Hook.CommandNotFound = async ({ id, argv = [], config }) => {
  // oclif joins the first words with colons, because some may be topics. An address contains one too.
  const word = process.argv.slice(2).find((typed) => `${id}:`.startsWith(`${typed}:`)) ?? id
  await reportFailure(noSuchCommand(config, word), plainView(config, argv))
}

export default commandNotFound

/** An address with a port. A host name alone may be a password whose flag is missing, so it is not repeated. */
const ADDRESS = /^(?:[\w.-]+|\[[0-9a-f:]+\])?:\d{1,5}$|^\d{4,5}$/i

/** Repeats only an address: if the user forgot the command, the word is a target and may contain a password. */
export function noSuchCommand({ bin, commandIDs }: Pick<Interfaces.Config, 'bin' | 'commandIDs'>, word: string): ReplError {
  if (ADDRESS.test(word)) return usageError(`No command is given; did you mean ${bin} handshake ${word}?`)
  const known = commandIDs.map((id) => id.replaceAll(':', ' '))
  const all = known.filter((name) => name !== 'help').sort()
  return usageError(`The first word is not a command${didYouMean(word, known) || `; commands are ${all.join(', ')}`}`)
}
