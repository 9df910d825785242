/** The turns of phrase that explanations share. */
import type { ErrorDetails } from '../../errors.ts'
import { roomierLimit } from '../psync/resync.ts'

type Words = (details: ErrorDetails) => string

export type Row = readonly [what: Words, meaning: string | Words, next: Words]

export const MINIMAL_ACL = 'ACL SETUSER <user> on ><password> +psync +replconf +ping +info'

export const where = ({ endpoint }: ErrorDetails) => endpoint ?? 'the server'
export const during = ({ state }: ErrorDetails) => (state ? ` in ${state}` : '')
export const seconds = ({ limitMs }: ErrorDetails) => `${(limitMs ?? 0) / 1000} s`
export const answered = (details: ErrorDetails) =>
  `${where(details)} answered ${details.command ? `${details.command} with` : ''} "-${details.reply}"${refusedBefore(details)}`.replace(
    '  ',
    ' ',
  )
const refusedBefore = ({ before }: ErrorDetails) => (before === undefined ? '' : `, and knew no ${before} before it`)
export const say = (text: string) => () => text
/** The last that was seen of it; what made it run over came after. */
export const bufferSeen = ({ bufferBytes }: ErrorDetails) =>
  bufferBytes === undefined ? '' : ` (it was seen to hold up to ${bufferBytes} bytes)`
/** What to do after a link that broke in the middle of a full resync. */
export const afterCut = ({ bufferBytes = 0, bufferLimit = 0 }: ErrorDetails) =>
  bufferLimit > 0 && bufferBytes >= bufferLimit / 2
    ? `Give replicas more room: ${roomierLimit(bufferBytes, bufferLimit)}; the limit is ${bufferLimit} bytes.`
    : 'Look at the master’s log at this moment. Nothing is retried, since each try forks.'
/** A file is removed; what went to stdout cannot be called back; what is only read through leaves nothing. */
export const fate = ({ path }: ErrorDetails) =>
  path === undefined
    ? 'Nothing of it was to be kept.'
    : path === 'stdout'
      ? 'What stdout got is incomplete: delete it.'
      : 'What was received was removed.'
