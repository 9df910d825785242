/** Why a replica has no link: what the address that it follows says to us. */
import { duration } from '../units.ts'

/** A replica fails in ways that its own INFO does not show, so we knock at its master ourselves: PING, and INFO if permitted. */
export type MasterAnswer = UnreachableMaster | AnsweringMaster

/** No conversation: `what` says why, as a sentence. */
interface UnreachableMaster {
  readonly kind: 'unreachable'
  readonly code: string
  readonly what: string
}

export interface AnsweringMaster {
  readonly kind: 'answers'
  /** PING without AUTH was answered by NOAUTH. */
  readonly needsPassword: boolean
  /** Why our own credentials get no INFO there, as a sentence. */
  readonly refusal?: string
  readonly runId?: string
  readonly replid?: string
  readonly isLoading?: boolean
  /** It is a replica that has no link to its own master. */
  readonly isWithoutMaster?: boolean
  /** It lists a replica of the port that was asked for: that one got in. */
  readonly isListed?: boolean
}

/** A replica that was let in: it is waiting for its RDB, or receives it. */
export function isLetIn(answer: MasterAnswer): boolean {
  return answer.kind === 'answers' && answer.isListed === true
}

/** @param address as the replica names it @param downSeconds negative if the link was never up */
export function describeDownLink(address: string, downSeconds: number, answer: MasterAnswer | undefined): string[] {
  const since = downSeconds < 0 ? 'never up' : `down for ${duration(downSeconds * 1000)}`
  const [first, ...rest] = answer ? describeAnswer(answer) : []
  return [`link to ${address} ${since}${first === undefined ? '.' : `; ${first}`}`, ...rest]
}

function describeAnswer(answer: MasterAnswer): string[] {
  if (answer.kind === 'unreachable') {
    const isSilent = ['MASTER_UNREACHABLE', 'TIMEOUT', 'TLS_FAILED', 'LINK_LOST'].includes(answer.code)
    return [
      `that address ${isSilent ? 'cannot be reached from here either' : 'answers from here, but not as a master'}: ${answer.what}`,
      'The replica may take another way there; --map names ours.',
    ]
  }
  if (answer.needsPassword) return passwordText(answer)
  if (answer.refusal !== undefined) return [`that address answers from here, and refuses us: ${answer.refusal}`]
  if (answer.isLoading) return ['that address answers from here, and is loading its data: it serves no replica until that is done.']
  if (answer.isWithoutMaster)
    return ['that address answers from here, and has no link to its own master: it serves no replica until it has one.']
  return [
    'that address answers from here and wants no password.',
    'A masterauth that it does not want keeps a replica out too, and so does another network or TLS setting. The log of the replica says why.',
  ]
}

function passwordText({ refusal, runId }: AnsweringMaster): string[] {
  const ours = refusal !== undefined ? `; it refuses ours too: ${refusal}` : runId === undefined ? '' : '; it accepts ours'
  return [
    `that address answers from here and wants a password (NOAUTH without one${ours}): masterauth of the replica is most likely missing or wrong.`,
    'On the replica: CONFIG SET masterauth <password>, with masteruser for an ACL user, and CONFIG REWRITE to keep it.',
  ]
}
