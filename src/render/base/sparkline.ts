/** A picture of the last values in one line of text. */

const BARS = '▁▂▃▄▅▆▇█'

/** The lowest bar is zero, the highest the greatest of the values but no less than `least`; a gap where there was none. */
export function sparkline(values: readonly (number | undefined)[], least = 0): string {
  const most = Math.max(least, ...values.map((value) => value ?? 0))
  return values
    .map((value) => {
      if (value === undefined) return ' '
      const bar = most === 0 ? 0 : Math.round((Math.max(0, value) / most) * (BARS.length - 1))
      return BARS[bar]
    })
    .join('')
}
