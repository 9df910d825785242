/** Formats figures for people. */

export function bytes(count: number): string {
  // A rate is not a whole number: one decimal helps only below ten.
  if (count < 999.5) return `${Number(count.toFixed(count < 9.95 ? 1 : 0))} bytes`
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

/** A whole number with thousands separators. Written by hand, because loading Intl takes 7 ms. */
export function exact(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** A rate per second, with one decimal below ten. */
export function rate(perSecond: number): string {
  return perSecond < 9.95 ? perSecond.toFixed(1) : exact(Math.round(perSecond))
}
