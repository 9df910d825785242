/** Why a history could not be continued. */
import type { ErrorDetails } from '../../errors.ts'
import { exact } from '../units.ts'
import { type Row, say, where } from './words.ts'

const amount = ({ bytes }: ErrorDetails) => (bytes === undefined ? '' : ` (${exact(bytes)} bytes)`)

/** By the reason of the forecast that promised a full resync. */
const WHY: Record<string, (details: ErrorDetails) => string> = {
  OTHER_HISTORY: () => 'the server has another history: it was restarted without its data, freed its backlog, or is another server',
  NO_BACKLOG: () => 'the server keeps no backlog any more',
  TOO_OLD: (d) => `what follows${amount(d)} has been overwritten in the backlog`,
  AHEAD: (d) => `the server has less of this history than we${amount(d)}: it came back from an older snapshot, or lags behind`,
  DIVERGED: (d) =>
    `the new master had received less than we when it was promoted${amount(d)}: commands that were shown are no part of its history`,
}

export const gapRow: Row = [
  (d) =>
    `The stream of ${where(d)} cannot be continued behind offset ${exact(d.offset ?? 0)} of ${d.given}: ${(WHY[d.reason ?? ''] ?? say('the position is lost'))(d)}.`,
  'Commands behind this offset are lost to us; nothing was skipped in silence.',
  say(
    '--on-gap skip goes on at the live end and says what is missing; --on-gap resync takes a full resync. A larger repl-backlog-size on the master bridges longer pauses.',
  ),
]
