#!/usr/bin/env node
import module from 'node:module'

module.enableCompileCache?.() // Node 22.8 and later; before oclif is loaded, hence the dynamic import
const { execute } = await import('@oclif/core')
await execute({ dir: import.meta.url })
