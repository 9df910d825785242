/** Reads a password from the terminal without echo, or from the first line of piped input. */
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { ReplError, usageError } from '../errors.ts'

/** @throws ReplError ABORTED on Ctrl-C, USAGE if the input ends before the first line */
export async function askPassword(prompt: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const isTerminal = process.stdin.isTTY === true
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: isTerminal })
  if (isTerminal) process.stderr.write(prompt)
  try {
    return await new Promise<string>((resolve, reject) => {
      // Also fires for a last line without a newline.
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
