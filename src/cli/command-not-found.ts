/** oclif's hook for a command that does not exist: told like every other usage error, also under --json. */
import type { Hook } from '@oclif/core'
import { ReplError } from '../errors.ts'
import { RunReport } from '../render/json.ts'
import { tellFailure } from './failure.ts'

const commandNotFound: Hook.CommandNotFound = async ({ id, argv = [] }) => {
  const failure = new ReplError('USAGE', { reason: 'FLAGS', given: `There is no command "${id}"` })
  await tellFailure(failure, new RunReport(), argv.includes('--json') ? process.stdout : undefined)
}

export default commandNotFound
