/** Template parts that several rows share. */
import type { Context, ProviderName } from '../../errors.ts'
import { largerLimitCommand } from '../resync/buffer-limit.ts'
import { PROVIDERS } from './provider.ts'
import type { Choice, SharedPart } from './template.ts'

/** A refusal, in the server's own words. */
export const ANSWERED = '{endpoint} answered {command?{command} with }"-{reply}"{before?, and did not know {before} before}'

/** A lower bound: the buffer overflowed after the last sample of its size. */
export const BUFFER_SEEN = '{bufferBytes? (largest size seen: {bufferBytes} bytes)}'

export const SHARED_PARTS: Readonly<Record<SharedPart, Choice>> = {
  /** A partial file is removed, bytes on stdout cannot be taken back, and a run without output keeps nothing. */
  fate: {
    by: 'output',
    of: { FILE: 'The received data was removed.', STDOUT: 'The data on stdout is not usable: delete it.' },
    absent: 'No output was requested, so nothing was kept.',
  },
  provider: { by: 'provider', of: PROVIDERS satisfies Record<ProviderName, string> },
}

/** What to do after the link broke during a full resync. A function, because it calculates the limit to set. */
export function afterCut({ bufferBytes = 0, bufferLimit = 0, bufferCommand, endpoint = 'the master' }: Context): string {
  if (bufferCommand === undefined && (bufferLimit === 0 || bufferBytes < bufferLimit / 2))
    return 'Check the log of the master for this time. redis-repl does not retry, because each attempt forks.'
  const command = bufferCommand ?? largerLimitCommand(Math.max(bufferBytes, bufferLimit), undefined)
  return `On ${endpoint}: ${command}, and CONFIG REWRITE to keep it. The limit now is ${bufferLimit} bytes. Each replica may then use that much more memory.`
}
