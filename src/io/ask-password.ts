/** A password from the terminal, not shown; or the first line of what is piped in. */
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { ReplError, usageError } from '../errors.ts'

/** @throws ReplError ABORTED by Ctrl-C, USAGE when the input ends before a line of it. */
export async function askPassword(prompt: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const isTerminal = process.stdin.isTTY === true
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: isTerminal })
  if (isTerminal) process.stderr.write(prompt)
  try {
    return await new Promise<string>((resolve, reject) => {
      // Also of the last line, which may have no end.
      lines.once('line', resolve)
      lines.once('SIGINT', () => reject(new ReplError('ABORTED', { signal: 'SIGINT' })))
      lines.once('close', () => reject(usageError('No password could be read: stdin ended before a line of it')))
    })
  } finally {
    lines.close()
    process.stdin.pause()
    if (isTerminal) process.stderr.write('\n')
  }
}
