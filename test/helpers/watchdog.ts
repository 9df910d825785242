/**
 * Ends a test file that hangs and names the test. scripts/test.ts loads it into the process of each file.
 * `--test-timeout` cannot do that. Node 20 and 22 apply it to a whole file. Node 24 waits forever for a file that leaves a
 * socket or a timer open. process.exit() also runs the handlers that kill the servers of the file.
 */
import { afterEach, beforeEach } from 'node:test'

/** Far longer than any test takes, even on a busy machine. */
const LIMIT_MS = 180_000

/** The runner itself loads this file too, but runs no tests. */
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
