/** Whether a replica catches up or falls behind: a straight line fitted to the bytes behind at each poll. */

export interface Point {
  /** Monotonic milliseconds. */
  readonly moment: number
  readonly bytes: number
}

/**
 * even: any change is within the scatter of the polls.
 * catching-up: caught up in that many seconds at the present rates. falling-behind: by that many bytes per second.
 */
export type Trend =
  | { readonly kind: 'even' }
  | { readonly kind: 'catching-up'; readonly bytesPerSecond: number; readonly seconds: number }
  | { readonly kind: 'falling-behind'; readonly bytesPerSecond: number }

const FEWEST_POINTS = 5
/** How many standard errors a slope must differ from zero. */
const CERTAIN = 4
/** How many times the usual scatter the lag must have changed, so that a burst is not taken for a trend. */
const SCATTER = 3

/** Undefined with too few points. */
export function trendOf(points: readonly Point[]): Trend | undefined {
  if (points.length < FEWEST_POINTS) return undefined
  const { slope, error, scatter } = line(points)
  const [first, last] = [points[0] as Point, points.at(-1) as Point]
  const change = Math.abs(slope) * (last.moment - first.moment)
  const bytesPerSecond = Math.abs(slope) * 1000
  if (Math.abs(slope) <= CERTAIN * error || change <= SCATTER * scatter || bytesPerSecond < 1) return { kind: 'even' }
  if (slope > 0) return { kind: 'falling-behind', bytesPerSecond }
  // A replica that is in sync cannot catch up further, whatever the earlier polls show.
  return last.bytes === 0 ? { kind: 'even' } : { kind: 'catching-up', bytesPerSecond, seconds: last.bytes / bytesPerSecond }
}

/** Least squares, in bytes per millisecond. */
function line(points: readonly Point[]): { slope: number; error: number; scatter: number } {
  const count = points.length
  const meanX = points.reduce((sum, { moment }) => sum + moment, 0) / count
  const meanY = points.reduce((sum, { bytes }) => sum + bytes, 0) / count
  let [xx, xy, yy] = [0, 0, 0]
  for (const { moment, bytes } of points) {
    xx += (moment - meanX) ** 2
    xy += (moment - meanX) * (bytes - meanY)
    yy += (bytes - meanY) ** 2
  }
  if (xx === 0) return { slope: 0, error: 0, scatter: 0 }
  const slope = xy / xx
  const scatter = Math.sqrt(Math.max(0, yy - slope * xy) / (count - 2))
  return { slope, error: scatter / Math.sqrt(xx), scatter }
}
