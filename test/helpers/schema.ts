/** Checks real output against its published schemas. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Ajv, type ValidateFunction } from 'ajv'

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strict: true })
const compiled = new Map<string, ValidateFunction>()

/** Checks one JSON text against the schema that it names. @returns the parsed value */
export function assertSchema(text: string, name: string): Record<string, unknown> {
  const value: Record<string, unknown> = JSON.parse(text)
  assert.equal(value.schema, `redis-repl/${name}/1`)
  return checkValue(value, name)
}

/** Checks NDJSON whose first record names the schema of all records. */
export function assertRecords(text: string, name: string): Record<string, unknown>[] {
  const records = Buffer.from(text, 'latin1')
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.equal(records[0].schema, `redis-repl/${name}/1`)
  return records.map((record) => checkValue(record, name))
}

function checkValue(value: Record<string, unknown>, name: string): Record<string, unknown> {
  const file = new URL(`../../docs/schemas/${name}-1.json`, import.meta.url)
  const validate = compiled.get(name) ?? ajv.compile(JSON.parse(readFileSync(file, 'utf8')))
  compiled.set(name, validate)
  assert.ok(validate(value), JSON.stringify(validate.errors))
  return value
}
