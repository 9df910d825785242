/** Describes how one server was chosen among several. */
import type { Answer, Candidate, Choice } from '../../engine/ask/source.ts'
import type { Failure } from '../../errors.ts'

const ANSWERS: Record<Answer, (server: Candidate) => string> = {
  says: ({ address }) => `names ${address}`,
  unknown: () => 'does not know that name',
  failed: ({ failure }) => `cannot be asked${failure ? ` (${describeFailure(failure)})` : ''}`,
  chosen: ({ offset }) => `chosen, offset ${offset ?? 'unknown'}`,
  behind: ({ offset }) => `is healthy, offset ${offset}`,
  'link down': () => 'has no link to its master',
  syncing: () => 'is in the middle of a full resync',
  loading: () => 'is loading its data',
  'other history': () => 'has another replid than the master',
  'no replica': () => 'is not a replica',
}

/** One sentence for the choice, then one for each server that was asked. */
export function describeChoice({ endpoint, announced, by, isFallback, asked }: Choice): readonly string[] {
  const others = asked.map((server) => `${server.name} ${ANSWERS[server.answer](server)}`)
  if (isFallback) return [`no replica is suitable, so this is the master: ${endpoint}`, ...others]
  switch (by) {
    case 'sentinel': {
      const agree = asked.filter(({ answer, address }) => answer === 'says' && address === announced).length
      return [`${endpoint}, named by ${agree} of ${asked.length} Sentinels; it confirms that it is the master`, ...others]
    }
    case 'prefer replica':
      return [`${endpoint}, the healthy replica with the highest offset`, ...others]
    case 'prefer master':
      return [`${endpoint}, the master`, ...others]
  }
}

/** Why a server could not be asked. */
export function describeFailure({ code, details }: Failure): string {
  if (details.reason === 'LATE') return 'did not answer in time'
  if (details.reason === 'SEVERAL_SERVERS') return 'several servers share that address'
  return 'errno' in details ? details.errno : code
}
