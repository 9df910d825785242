/** The JSON schemas of the package: docs/schemas/NAME-1.json. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { usageError } from '../errors.ts'
import { didYouMean } from './argv/nearest.ts'

const SUFFIX = '-1.json'

/** @param root the folder of the package. @returns the names in order */
export function schemaNames(root: string): string[] {
  const files = readdirSync(folderIn(root)).filter((file) => file.endsWith(SUFFIX))
  return files.map((file) => file.slice(0, -SUFFIX.length)).sort()
}

/** @returns the schema, exactly as it is published. @throws ReplError USAGE for a name that no schema has */
export function schemaText(root: string, name: string): string {
  const names = schemaNames(root)
  if (!names.includes(name)) throw usageError(`No schema has this name${didYouMean(name, names) || `; there are ${names.join(', ')}`}`)
  return readFileSync(join(folderIn(root), name + SUFFIX), 'utf8')
}

function folderIn(root: string): string {
  return join(root, 'docs', 'schemas')
}
