/** The trace of commands that talk to several servers at once. */
import type { Report } from '../survey/arrivals.ts'
import type { RunContext } from './context.ts'

/**
 * Writes each exchange with each server to stderr. Without -v it writes nothing.
 * @param showsChoice write which server was chosen and why, even without -v
 */
export async function traceOn(
  stderr: NodeJS.WriteStream,
  screenOf: RunContext['screen'],
  verbosity: number,
  showsChoice = false,
): Promise<Report> {
  if (verbosity === 0 && !showsChoice) return () => {}
  const [{ linesOf, traceText }, screen] = await Promise.all([import('../render/trace/trace.ts'), screenOf(stderr)])
  return (server, event) => {
    if (verbosity === 0 && event.type !== 'source') return
    stderr.write(linesOf(server, traceText(event, { quiet: false, verbosity }, screen)))
  }
}
