/** The effective settings and the source of each, as text and as JSON. */
import { printable } from '../base/printable.ts'
import { type About, reportJson } from '../base/report.ts'
import type { Screen } from '../base/screen.ts'
import { table } from '../base/table.ts'

interface SettingRow {
  readonly name: string
  readonly value: string | number | boolean | readonly (string | number)[]
  readonly from: string
}

export function configText(screen: Screen, settings: readonly SettingRow[]): string {
  const rows = settings.map(({ name, value, from }) => [name, printable([value].flat().join(', ')), printable(from)])
  return `${table(screen, ['setting', 'value', 'from'], rows)}\n`
}

export function configJson(about: About, settings: readonly SettingRow[]): object {
  return reportJson(about, 'config/1', undefined, { kind: 'ok', text: `${settings.length} settings` }, { settings })
}
