#!/usr/bin/env node
import module from 'node:module'

// Others see the command line of a process (ps), and oclif prints it for DEBUG: with -a there is a password in it.
process.title = 'redis-repl'
delete process.env.DEBUG
// oclif would load semver to see whether this Node is new enough for oclif: ours has to be newer anyway.
process.env.OCLIF_DISABLE_ENGINE_WARNING = '1'
module.enableCompileCache?.() // Node 22.8 and later; before oclif is loaded, hence the dynamic import
const { execute } = await import('../dist/cli/execute.js')
await execute({ dir: import.meta.url })
