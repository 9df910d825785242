/** Whether a replica catches up or falls behind: a line through how many bytes it was behind at each look. */

export interface Point {
  /** Monotonic milliseconds. */
  readonly moment: number
  readonly bytes: number
}

/**
 * even: no more than the looks themselves differ.
 * catching-up: level in so many seconds if both go on like this. falling-behind: by so many bytes each second.
 */
export type Trend =
  | { readonly kind: 'even' }
  | { readonly kind: 'catching-up'; readonly bytesPerSecond: number; readonly seconds: number }
  | { readonly kind: 'falling-behind'; readonly bytesPerSecond: number }

const FEWEST_POINTS = 5
/** How many standard errors a slope must be away from none. */
const CERTAIN = 4
/** And how many times the usual scatter it must have moved: bursts are no trend. */
const SCATTER = 3

/** Undefined where too little was seen. */
export function trendOf(points: readonly Point[]): Trend | undefined {
  if (points.length < FEWEST_POINTS) return undefined
  const { slope, error, scatter } = line(points)
  const [first, last] = [points[0] as Point, points.at(-1) as Point]
  const moved = Math.abs(slope) * (last.moment - first.moment)
  const bytesPerSecond = Math.abs(slope) * 1000
  // A replica that has everything neither gains nor loses, whatever the looks before say.
  if (Math.abs(slope) <= CERTAIN * error || moved <= SCATTER * scatter || bytesPerSecond < 1) return { kind: 'even' }
  if (slope > 0) return { kind: 'falling-behind', bytesPerSecond }
  return last.bytes === 0 ? { kind: 'even' } : { kind: 'catching-up', bytesPerSecond, seconds: last.bytes / bytesPerSecond }
}

/** Least squares, in bytes a millisecond. */
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
