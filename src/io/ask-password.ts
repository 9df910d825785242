/** A password from the terminal, not shown; or the first line of what is piped in. */
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { ReplError } from '../errors.ts'

/** @throws ReplError ABORTED by Ctrl-C, or when the input ends before a line of it. */
export async function askPassword(prompt: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const isTerminal = process.stdin.isTTY === true
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: isTerminal })
  const given = new AbortController()
  lines.once('SIGINT', () => given.abort())
  lines.once('close', () => given.abort())
  if (isTerminal) process.stderr.write(prompt)
  try {
    return await lines.question('', { signal: given.signal })
  } catch {
    throw new ReplError('ABORTED')
  } finally {
    lines.close()
    process.stdin.pause()
    if (isTerminal) process.stderr.write('\n')
  }
}
