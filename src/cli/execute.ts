/** The entry point of bin/run.js: oclif's `execute` from the same bundle as the commands. */
import { execute as executeOclif } from '@oclif/core'
import { withHelpFlag } from './argv/help-flag.ts'

type Options = NonNullable<Parameters<typeof executeOclif>[0]>

export async function execute(options: Options): Promise<unknown> {
  return await executeOclif({ ...options, args: withHelpFlag(process.argv.slice(2)) })
}
