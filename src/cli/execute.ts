/** What bin/run.js starts: the way into oclif, from within the bundle that the commands are part of. */
export { execute } from '@oclif/core'
