/** A one-line chart of recent values. */

const BARS = '▁▂▃▄▅▆▇█'
const ASCII_BARS = '_.:-=+*#'

/** The lowest bar is zero; the highest is the largest value, or `least` if that is larger. A missing value is a gap. */
export function sparkline(values: readonly (number | undefined)[], least = 0, isUnicode = true): string {
  const bars = isUnicode ? BARS : ASCII_BARS
  const most = Math.max(least, ...values.map((value) => value ?? 0))
  return values
    .map((value) => {
      if (value === undefined) return ' '
      const bar = most === 0 ? 0 : Math.round((Math.max(0, value) / most) * (bars.length - 1))
      return bars[bar]
    })
    .join('')
}
