/** Time, for everything that may not look at it itself. */
import { setTimeout as delay } from 'node:timers/promises'
import { ReplError } from '../errors.ts'

/** Milliseconds since the process started; never goes back. */
export function now(): number {
  return performance.now()
}

/** @throws ReplError ABORTED when the signal fires first. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {
    throw new ReplError('ABORTED')
  })
}
