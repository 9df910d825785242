/** The text exposition format of Prometheus, version 0.0.4. An unknown figure is left out, never zero. */
import { printable } from '../base/printable.ts'

export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export type Labels = Readonly<Record<string, string>>

export interface Metric {
  readonly name: string
  readonly type: 'gauge' | 'counter'
  readonly help: string
  /** One value per label set; undefined is left out. */
  readonly values: readonly (readonly [labels: Labels, value: number | undefined])[]
}

export function exposition(metrics: readonly Metric[]): string {
  return [...mergeByName(metrics)].map(metricText).join('')
}

/** The format requires all values of a name in one group. */
function mergeByName(metrics: readonly Metric[]): Iterable<Metric> {
  const byName = new Map<string, Metric>()
  for (const metric of metrics) {
    const before = byName.get(metric.name)?.values ?? []
    byName.set(metric.name, { ...metric, values: [...before, ...metric.values] })
  }
  return byName.values()
}

function metricText({ name, type, help, values }: Metric): string {
  const lines = values.flatMap(([labels, value]) => (value === undefined ? [] : [`${name}${labelText(labels)} ${numberText(value)}\n`]))
  return lines.length === 0 ? '' : `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

/** Rounded to microseconds, which is finer than any of our clocks is right. */
function numberText(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toFixed(6))) : '+Inf'
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(printable(value))}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escapeLabel(text: string): string {
  return text.replace(/[\\"]/g, '\\$&')
}

function escapeHelp(text: string): string {
  return text.replace(/[\\\n]/g, (char) => (char === '\n' ? '\\n' : '\\\\'))
}
