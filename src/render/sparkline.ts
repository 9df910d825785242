/** A picture of the last values in one line of text. */

const BARS = '▁▂▃▄▅▆▇█'

/** The lowest bar is zero, the highest the greatest of the values; a gap where there was none. */
export function sparkline(values: readonly (number | undefined)[]): string {
  const most = Math.max(0, ...values.map((value) => value ?? 0))
  return values
    .map((value) => {
      if (value === undefined) return ' '
      const bar = most === 0 ? 0 : Math.round((Math.max(0, value) / most) * (BARS.length - 1))
      return BARS[bar]
    })
    .join('')
}
