/** The trace of commands that speak with several servers at once. */
import type { Tell } from '../survey/arrivals.ts'

/**
 * Each exchange of each server, beside the product: nothing unless -v was given.
 * @param saysChoice tells which server was chosen, and why, all the same
 */
export async function traceOn(verbosity: number, saysChoice = false): Promise<Tell> {
  if (verbosity === 0 && !saysChoice) return () => {}
  const [{ linesOf, traceText }, { palette }] = await Promise.all([import('../render/trace/trace.ts'), import('../render/base/palette.ts')])
  const colour = palette(process.stderr)
  return (server, event) => {
    if (verbosity === 0 && event.type !== 'source') return
    process.stderr.write(linesOf(server, traceText(event, { quiet: false, verbosity }, colour)))
  }
}
