#!/usr/bin/env -S node --import tsx
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { settings } from '@oclif/core'
import { execute } from '../src/cli/execute.ts'

// The same commands from src/, with no build and no manifest. oclif's own transpiling cannot read TypeScript 7.
const root = fileURLToPath(new URL('..', import.meta.url))
const pjson = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'))
pjson.oclif = {
  ...pjson.oclif,
  commands: './src/commands',
  helpClass: './src/cli/help.ts',
  hooks: { command_not_found: './src/cli/command-not-found.ts' },
}
settings.enableAutoTranspile = false
await execute({ development: true, loadOptions: { root, pjson, ignoreManifest: true } })
