/** Why a replica has no link: what the address of its master answers to us. */
import { duration } from '../units.ts'

/** The INFO of a replica does not show why its link fails, so we ask its master ourselves: PING, and INFO if permitted. */
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
  /** It lists a replica with the port of the one that was asked: that one was accepted. */
  readonly isListed?: boolean
}

/** The master has accepted the replica, which waits for its RDB or receives it. */
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
      'The replica may reach it by another route. If we need another address, use --map.',
    ]
  }
  if (answer.needsPassword) return passwordText(answer)
  if (answer.refusal !== undefined) return [`that address answers from here, but refuses us: ${answer.refusal}`]
  if (answer.isLoading) return ['that address answers from here, but is loading its data. It cannot serve replicas until that is done.']
  if (answer.isWithoutMaster)
    return ['that address answers from here, but has no link to its own master. It cannot serve replicas until that link is back.']
  return [
    'that address answers from here and requires no password.',
    'The link also fails if masterauth is set without need, or for another network or TLS setting. The log of the replica says why.',
  ]
}

function passwordText({ refusal, runId }: AnsweringMaster): string[] {
  const ours = refusal !== undefined ? `, and ours is refused too: ${refusal}` : runId === undefined ? '' : ', and ours is accepted'
  return [
    `that address answers from here and requires a password (NOAUTH without one${ours}). The masterauth of the replica is probably missing or wrong.`,
    'On the replica, run CONFIG SET masterauth <password>, and masteruser for an ACL user. CONFIG REWRITE keeps it.',
  ]
}
