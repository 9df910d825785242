/** Formats figures for people. */

export function bytes(count: number): string {
  // A rate is not a whole number: one decimal helps only below ten.
  if (count < 999.5) {
    const shown = Number(count.toFixed(count < 9.95 ? 1 : 0))
    return shown === 1 ? '1 byte' : `${shown} bytes`
  }
  const units = ['kB', 'MB', 'GB', 'TB', 'PB']
  let value = count
  let unit = -1
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0)} ${units[unit]}`
}

export function milliseconds(ms: number): string {
  return Number(ms.toFixed(1)) < 1000 ? `${ms.toFixed(1)} ms` : duration(ms)
}

export function duration(ms: number): string {
  const seconds = ms / 1000
  if (Number(seconds.toFixed(1)) < 60) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  return parts[0] ? `${parts[0]} h ${parts[1]} min` : `${parts[1]} min ${parts[2]} s`
}

/** A time that is rounded up, for an upper bound. */
export function atMost(ms: number): string {
  return rounded(ms, Math.ceil)
}

/** A time that is rounded down, for a lower bound. */
export function atLeast(ms: number): string {
  return rounded(ms, Math.floor)
}

/** Three digits at most, in whole milliseconds below a second. */
function rounded(ms: number, round: (value: number) => number): string {
  if (round(ms) < 1000) return `${round(ms)} ms`
  if (round(ms / 10) < 1000) return `${(round(ms / 10) / 100).toFixed(2)} s`
  if (round(ms / 100) < 600) return `${(round(ms / 100) / 10).toFixed(1)} s`
  return duration(round(ms / 1000) * 1000)
}

/** A time in one unit, rounded down, for a table cell. */
export function short(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  if (seconds === 0 && ms > 0) return '< 1 s'
  if (seconds < 100) return `${seconds} s`
  if (seconds < 100 * 60) return `${Math.floor(seconds / 60)} min`
  return seconds < 48 * 3600 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`
}

/** A whole number with thousands separators. Written by hand, because loading Intl takes 7 ms. */
export function exact(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** A rate per second, with one decimal below ten. */
export function rate(perSecond: number): string {
  return perSecond < 9.95 ? perSecond.toFixed(1) : exact(Math.round(perSecond))
}
