/** The only module that reads clocks or sets timers. */
import { abortedBy } from '../errors.ts'
import { onAbort } from './on-abort.ts'

/** Milliseconds since the process started; never goes back. */
export function now(): number {
  return performance.now()
}

/** The time of day, for people and records; may go back. */
export function wallClock(): Date {
  return new Date()
}

/** @throws ReplError ABORTED when the signal fires first. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  let forget = () => {}
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(resolve, ms)
      forget = onAbort(signal, () => reject(abortedBy(signal)))
    })
  } finally {
    clearTimeout(timer)
    forget()
  }
}

/** Does something now and then again and again. @returns what stops it */
export function every(ms: number, action: () => void): () => void {
  action()
  const timer = setInterval(action, ms)
  return () => clearInterval(timer)
}

/** Does something once. @returns what keeps it from happening */
export function after(ms: number, action: () => void): () => void {
  const timer = setTimeout(action, ms)
  return () => clearTimeout(timer)
}
