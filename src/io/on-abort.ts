/** The only code that adds abort listeners. */
import { setMaxListeners } from 'node:events'

/**
 * Runs the action when the signal aborts, or now if it has already aborted.
 * @returns a function that removes the listener: a run has one signal, so a listener that stays on it is a leak
 */
export function onAbort(signal: AbortSignal, action: () => void): () => void {
  // An abort that already happened fires no event, so check first.
  if (signal.aborted) {
    action()
    return () => {}
  }
  // Node 20 warns of a leak at the eleventh listener; later versions do not. A cluster needs more, one for each link.
  setMaxListeners(0, signal)
  signal.addEventListener('abort', action)
  return () => signal.removeEventListener('abort', action)
}
