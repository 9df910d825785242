/** How a server was found among several, and in words. */
import type { Failure } from '../errors.ts'

/** Of a Sentinel: says, unknown, failed. Of a server: chosen, or why not. */
type Answer = 'says' | 'unknown' | 'failed' | 'chosen' | 'behind' | 'link down' | 'syncing' | 'loading' | 'other history' | 'no replica'

/** A server that was asked, or considered, on the way to the right one. */
export interface Asked {
  readonly name: string
  readonly answer: Answer
  /** What it said, or why it could not be asked. */
  readonly told?: string
  readonly offset?: number
}

export interface Choice {
  readonly endpoint: string
  readonly by: 'sentinel' | 'prefer master' | 'prefer replica'
  /** --prefer replica, and none will do. */
  readonly isFallback: boolean
  readonly asked: readonly Asked[]
}

/** Why a server could not be asked, in a word or two. */
export function inShort({ code, details }: Failure): string {
  if (details.reason === 'LATE') return 'did not answer in time'
  return 'errno' in details ? details.errno : code
}

const ANSWERS: Record<Answer, (asked: Asked) => string> = {
  says: ({ told }) => `says ${told}`,
  unknown: () => 'does not know that name',
  failed: ({ told }) => `cannot be asked (${told})`,
  chosen: ({ offset }) => `chosen, offset ${offset ?? 'unknown'}`,
  behind: ({ offset }) => `is healthy, offset ${offset}`,
  'link down': () => 'has no link to its master',
  syncing: () => 'is in the middle of a full resync',
  loading: () => 'is loading its dataset',
  'other history': () => 'has another history than the master',
  'no replica': () => 'is no replica',
}

/** One sentence for the choice, and one for each that was asked. */
export function describeChoice({ endpoint, by, isFallback, asked }: Choice): readonly string[] {
  const others = asked.map((one) => `${one.name} ${ANSWERS[one.answer](one)}`)
  if (isFallback) return [`no replica will do, so it is the master: ${endpoint}`, ...others]
  switch (by) {
    case 'sentinel': {
      const agree = asked.filter(({ answer }) => answer === 'says').length
      return [`${endpoint}, named by ${agree} of ${asked.length} Sentinels; it says itself that it is the master`, ...others]
    }
    case 'prefer replica':
      return [`${endpoint}, the healthy replica with the highest offset`, ...others]
    case 'prefer master':
      return [`${endpoint}, the master`, ...others]
  }
}
