/** The check of metrics by Prometheus' own tool. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { installedTools, invocation } from '../../scripts/server-cache.ts'

/** Syntax, names, units and help texts. @throws when promtool is not unpacked, so that its tests fail instead of being skipped */
export function assertMetrics(text: string): void {
  const { status, problems } = promtool(text)
  assert.equal(status, 0, `${problems}\n${text}`)
  assert.equal(problems, '')
  assert.match(text, /^# TYPE /m, 'promtool is content with nothing')
}

export function promtool(text: string): { readonly status: number | null; readonly problems: string } {
  const installed = installedTools().find(({ id }) => id === 'promtool')
  if (!installed) throw new Error('no promtool to test with: run `npm run servers -- promtool` first')
  const [program, lead] = invocation(installed, 'server')
  const { status, stdout, stderr } = spawnSync(program, [...lead, 'check', 'metrics'], { input: text, encoding: 'utf8' })
  return { status, problems: stdout + stderr }
}

/** The value of one sample, by the beginning of its name and labels; undefined if there is none. */
export function sample(text: string, name: string, labels = ''): number | undefined {
  const line = text.split('\n').find((one) => one.startsWith(`redis_repl_${name}{`) && one.includes(labels))
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1))
}
