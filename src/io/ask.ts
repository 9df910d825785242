/** Questions to the user: a password, and yes or no. */
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { abortError, ReplError, usageError } from '../errors.ts'
import { onAbort } from './on-abort.ts'

/**
 * Reads a password from the terminal without echo, or from the first line of piped input.
 * @throws ReplError ABORTED on Ctrl-C, USAGE if the input ends before the first line
 */
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

/**
 * Asks on the terminal. Only "y" and "yes" are yes: an empty line and the end of the input are no.
 * @param question ends with the choices, such as `Continue? [y/N] `
 * @throws ReplError ABORTED when the signal fires first
 */
export async function confirm(question: string, signal: AbortSignal): Promise<boolean> {
  // Without raw mode, Ctrl-C stays a signal.
  const lines = createInterface({ input: process.stdin, terminal: false })
  process.stderr.write(question)
  let forget = () => {}
  try {
    const answer = await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve)
      lines.once('close', () => resolve(''))
      forget = onAbort(signal, () => reject(abortError(signal)))
    })
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    forget()
    lines.close()
    process.stdin.pause()
  }
}
