/** The entry point of bin/run.js: oclif's `execute` from the same bundle as the commands. */
export { execute } from '@oclif/core'
