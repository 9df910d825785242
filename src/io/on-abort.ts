/** The one way in which this program listens to a signal. */
import { setMaxListeners } from 'node:events'

/**
 * Does something when the signal fires, or now if it has fired already.
 * @returns what takes that back: a run has one signal, and a listener that stays on it is a leak
 */
export function onAbort(signal: AbortSignal, action: () => void): () => void {
  // An abort that already happened fires no event, so check first.
  if (signal.aborted) {
    action()
    return () => {}
  }
  // Node 20 warns of a leak from the eleventh listener on; later versions do not. The links to a cluster are more, all in use.
  setMaxListeners(0, signal)
  signal.addEventListener('abort', action)
  return () => signal.removeEventListener('abort', action)
}
