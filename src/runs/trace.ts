/** The trace of commands that speak with several servers at once. */
import type { Report } from '../survey/arrivals.ts'

/**
 * Each exchange of each server, beside the product: nothing unless -v was given.
 * @param showsChoice also without -v: which server was chosen, and why
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
