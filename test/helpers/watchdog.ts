/**
 * Ends a test file that hangs, and says in which test. Loaded by scripts/test.ts into the process of each file.
 * `--test-timeout` cannot do that: Node 20 and 22 apply it to a whole file, and Node 24 waits for ever for a file that leaves
 * a socket or a timer open. Ending by process.exit() also runs the handlers that kill the servers of the file.
 */
import { afterEach, beforeEach } from 'node:test'

/** Far more than any test takes, on a machine with much else to do. */
const LIMIT_MS = 180_000

/** In the runner itself, where this is loaded too, there are no tests. */
if (process.env.NODE_TEST_CONTEXT !== undefined) watch()

function watch(): void {
  const running: string[] = []
  let last = performance.now()
  beforeEach(({ name }) => {
    last = performance.now()
    running.push(name)
  })
  afterEach(({ name }) => {
    last = performance.now()
    running.splice(running.indexOf(name), 1)
  })
  const check = () => {
    if (performance.now() - last < LIMIT_MS) return
    const where = running.length > 0 ? `in: ${running.join('; ')}` : 'between tests, or after the last one'
    const open = process.getActiveResourcesInfo().join(', ')
    process.stderr.write(`\nNo test began or ended for ${LIMIT_MS / 1000} s ${where}\nStill open: ${open}\n`)
    process.exit(1)
  }
  setInterval(check, 1000).unref()
}
