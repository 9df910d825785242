/**
 * A failure in three parts: what happened, what it means here, what to do next. One row per reason (reasons.ts),
 * and one per code for what has no row of its own. The server's own words are quoted, never rephrased.
 */
import type { ErrorCode, ReplError } from '../../errors.ts'
import { gapRow } from './gap.ts'
import { REASONS } from './reasons.ts'
import { afterCut, bufferSeen, fate, type Row, say, where } from './words.ts'

export interface Explanation {
  readonly what: string
  readonly meaning: string
  readonly next: string
}

const CODES: Record<ErrorCode, Row> = {
  EXPECTATION_FAILED: [
    (d) => `Expected ${d.given}, and the answer is ${d.reply}.`,
    'The server was asked and answered; the explanation is above.',
    say('See above what would have helped; the same without --expect exits with 0.'),
  ],
  USAGE: REASONS.FLAGS as Row,
  MASTER_UNREACHABLE: [
    (d) => `${where(d)} cannot be reached (${d.errno}).`,
    'No conversation was possible.',
    say('Check the address and the way to it.'),
  ],
  TLS_FAILED: REASONS.TLS_OTHER as Row,
  TIMEOUT: REASONS.SILENCE as Row,
  AUTH_REQUIRED: REASONS.NOAUTH as Row,
  AUTH_FAILED: REASONS.WRONGPASS as Row,
  NO_PERMISSION: REASONS.NOPERM as Row,
  PROTOCOL: REASONS.NOT_RESP as Row,
  NOT_SUPPORTED: REASONS.REFUSED as Row,
  NOT_REDIS: REASONS.NOT_A_STATUS as Row,
  TRY_LATER: REASONS.REFUSED as Row,
  LINK_LOST: REASONS.CLOSED as Row,
  PAYLOAD_TRUNCATED: [
    (d) =>
      `The link to ${where(d)} broke after ${d.bytes} bytes of the RDB${d.expectedBytes === undefined ? '' : ` (of ${d.expectedBytes})`}.`,
    (d) => `The BGSAVE was killed, the output buffer ran over${bufferSeen(d)}, the master fell silent, or the network failed. ${fate(d)}`,
    afterCut,
  ],
  PAYLOAD_CORRUPT: REASONS.TRAILER as Row,
  OUTPUT_FAILED: REASONS.WRITE as Row,
  OUTPUT_EXISTS: [
    (d) => `${d.path} exists already.`,
    'Nothing was overwritten.',
    say('Name another file, or use --force to replace it once the new snapshot is whole and verified.'),
  ],
  GAP: gapRow,
  INTERNAL: [
    (d) => `An error inside redis-repl: ${d.given}`,
    'This is a bug.',
    say('Please report it with the output of the same command and -vv.'),
  ],
  ABORTED: [say('Stopped by the user.'), (d) => (d.path ? fate(d) : 'Nothing was kept.'), say('Run it again when you like.')],
}

/** Codes whose reasons need no row of their own: the same word would mean something else. */
function rowFor({ code, details }: ReplError): Row {
  if (code === 'MASTER_UNREACHABLE' && details.reason === 'REFUSED') return REASONS.REFUSED_CONNECTION as Row
  if (code === 'PAYLOAD_TRUNCATED' || code === 'GAP') return CODES[code]
  return REASONS[details.reason ?? ''] ?? CODES[code]
}

export function explain(error: ReplError): Explanation {
  const [what, meaning, next] = rowFor(error)
  const { details } = error
  return { what: what(details), meaning: typeof meaning === 'string' ? meaning : meaning(details), next: next(details) }
}
