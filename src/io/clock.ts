/** Clocks and timers, for every module outside of io/. */
import { abortError } from '../errors.ts'
import { onAbort } from './on-abort.ts'

/** Milliseconds since the process started; monotonic. */
export function now(): number {
  return performance.now()
}

/** The time of day, for people and records; not monotonic. */
export function wallClock(): Date {
  return new Date()
}

/** @throws ReplError ABORTED if the signal aborts first */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  let removeListener = () => {}
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(resolve, ms)
      removeListener = onAbort(signal, () => reject(abortError(signal)))
    })
  } finally {
    clearTimeout(timer)
    removeListener()
  }
}

/** Waits for the work, but no longer than the limit. @throws ReplError ABORTED when the signal fires first, and what the work throws */
export async function waitFor(work: Promise<unknown>, limitMs: number, signal: AbortSignal): Promise<void> {
  const over = new AbortController()
  const limit = sleep(limitMs, AbortSignal.any([signal, over.signal]))
  await Promise.race([work, limit]).finally(() => over.abort('over'))
}

/** Runs the action immediately, then at every interval. @returns a function that stops it */
export function every(ms: number, action: () => void): () => void {
  action()
  const timer = setInterval(action, ms)
  return () => clearInterval(timer)
}

/** Runs the action once, after a delay. @returns a function that cancels it */
export function after(ms: number, action: () => void): () => void {
  const timer = setTimeout(action, ms)
  return () => clearTimeout(timer)
}
