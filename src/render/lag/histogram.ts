/** The distribution of arrival times, with -v. */
import type { ReplicaReport } from '../../diagnosis/lag/lag.ts'
import { printable } from '../base/printable.ts'
import type { Screen } from '../base/screen.ts'

const BAR_CHARS = 40

/** Without the empty bars at both ends. */
export function histogramText({ name, arrivals }: ReplicaReport, { isUnicode }: Screen): string[] {
  const bars = arrivals?.histogram ?? []
  const used = bars.flatMap(({ count }, index) => (count > 0 ? [index] : []))
  const [first, last] = [used[0], used.at(-1)]
  if (first === undefined || last === undefined) return []
  const most = Math.max(...bars.map(({ count }) => count))
  const lines = bars.slice(first, last + 1).map(({ below, count }) => {
    const label = below === undefined ? 'more' : `< ${below} ms`
    return `  ${label.padStart(10)} ${String(count).padStart(8)} ${(isUnicode ? '█' : '#').repeat(Math.ceil((count / most) * BAR_CHARS))}`.trimEnd()
  })
  return [`${printable(name)}: arrivals by their delay after the master's`, ...lines]
}
