/** Template parts that several rows share. */
import type { Context, ProviderName } from '../../errors.ts'
import { largerLimitCommand } from '../resync/buffer-limit.ts'
import { PROVIDERS } from './provider.ts'
import type { Choice, SharedPart } from './template.ts'

/** A refusal, in the server's own words. */
export const ANSWERED = '{endpoint} answered {command?{command} with }"-{reply}"{before?, and knew no {before} before it}'

/** A lower bound: the buffer overflowed after the last sample of its size. */
export const BUFFER_SEEN = '{bufferBytes? (it was seen to hold up to {bufferBytes} bytes)}'

export const SHARED_PARTS: Readonly<Record<SharedPart, Choice>> = {
  /** A partial file is removed, bytes on stdout cannot be taken back, and a run without output keeps nothing. */
  fate: {
    by: 'output',
    of: { FILE: 'What was received was removed.', STDOUT: 'What stdout got is incomplete: delete it.' },
    absent: 'Nothing of it was to be kept.',
  },
  provider: { by: 'provider', of: PROVIDERS satisfies Record<ProviderName, string> },
}

/** What to do after the link broke during a full resync. A function, because it calculates the limit to set. */
export function afterCut({ bufferBytes = 0, bufferLimit = 0, bufferCommand }: Context): string {
  return bufferCommand !== undefined || (bufferLimit > 0 && bufferBytes >= bufferLimit / 2)
    ? `Give replicas more room: ${bufferCommand ?? largerLimitCommand(Math.max(bufferBytes, bufferLimit), undefined)}; the limit is ${bufferLimit} bytes.`
    : 'Look at the master’s log at this moment. Nothing is retried, since each try forks.'
}
