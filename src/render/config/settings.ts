/** The effective settings and the source of each, as text and as JSON. */
import { printable } from '../base/printable.ts'
import { table } from '../base/table.ts'

interface SettingRow {
  readonly name: string
  readonly value: string | number | boolean | readonly (string | number)[]
  readonly from: string
}

export function configText(settings: readonly SettingRow[]): string {
  const rows = settings.map(({ name, value, from }) => [name, printable([value].flat().join(', ')), printable(from)])
  return `${table(['setting', 'value', 'from'], rows)}\n`
}

export function configJson(settings: readonly SettingRow[]): object {
  return { schema: 'redis-repl/config/1', settings }
}
