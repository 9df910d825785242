/** The settings in force and where each came from, for people and for programs. */
import { printable } from '../base/printable.ts'
import { table } from '../base/table.ts'

interface Shown {
  readonly name: string
  readonly value: string | number | boolean | readonly (string | number)[]
  readonly from: string
}

export function configText(settings: readonly Shown[]): string {
  const rows = settings.map(({ name, value, from }) => [name, printable([value].flat().join(', ')), printable(from)])
  return `${table(['setting', 'value', 'from'], rows)}\n`
}

export function configJson(settings: readonly Shown[]): object {
  return { schema: 'redis-repl/config/1', settings }
}
