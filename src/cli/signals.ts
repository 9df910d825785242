/** The first SIGINT, SIGTERM or SIGHUP stops the run cleanly. The second exits at once. */

export function abortOnSignals(): AbortSignal {
  const controller = new AbortController()
  const onSignal = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(130)
    // The terminal has echoed ^C.
    if (name === 'SIGINT' && process.stderr.isTTY) process.stderr.write('\n')
    controller.abort(name)
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal)
  return controller.signal
}
