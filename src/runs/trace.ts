/** The trace of commands that talk to several servers at once. */
import type { Report } from '../survey/arrivals.ts'

/**
 * Writes each exchange with each server to stderr. Without -v it writes nothing.
 * @param showsChoice write which server was chosen and why, even without -v
 */
export async function traceOn(stderr: NodeJS.WriteStream, verbosity: number, showsChoice = false): Promise<Report> {
  if (verbosity === 0 && !showsChoice) return () => {}
  const [{ linesOf, traceText }, { palette }] = await Promise.all([import('../render/trace/trace.ts'), import('../render/base/palette.ts')])
  const colour = palette(stderr)
  return (server, event) => {
    if (verbosity === 0 && event.type !== 'source') return
    stderr.write(linesOf(server, traceText(event, { quiet: false, verbosity }, colour)))
  }
}
