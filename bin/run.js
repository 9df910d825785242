#!/usr/bin/env node
import module from 'node:module'
import { userInfo } from 'node:os'

// Others see the command line of a process (ps), and oclif prints it for DEBUG: with -a there is a password in it.
process.title = 'redis-repl'
delete process.env.DEBUG
// oclif would load semver to see whether this Node is new enough for oclif: ours has to be newer anyway.
process.env.OCLIF_DISABLE_ENGINE_WARNING = '1'
// oclif asks the system for what these do not say, and Node throws where the user has no entry in /etc/passwd (containers).
process.env.SHELL ??= 'unknown' // no code of ours looks at it
process.env.HOME ||= homeFolder()
module.enableCompileCache?.() // Node 22.8 and later; before oclif is loaded, hence the dynamic import
const { execute } = await import('../dist/cli/execute.js')
// oclif would also run plugins that a package.json in the data folder of the user names.
await execute({ loadOptions: { root: import.meta.filename, userPlugins: false } })

/** Without a home oclif takes the folder for temporary files, where any user could leave a config file for us. */
function homeFolder() {
  try {
    return userInfo().homedir || '/nonexistent'
  } catch {
    return '/nonexistent'
  }
}
