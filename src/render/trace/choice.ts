/** Describes how one server was chosen among several. */
import type { Answer, Candidate, Choice } from '../../engine/ask/source.ts'
import type { Failure } from '../../errors.ts'

const ANSWERS: Record<Answer, (server: Candidate) => string> = {
  says: (server) => `says ${wordsOf(server)}`,
  unknown: () => 'does not know that name',
  failed: (server) => `cannot be asked (${wordsOf(server)})`,
  chosen: ({ offset }) => `chosen, offset ${offset ?? 'unknown'}`,
  behind: ({ offset }) => `is healthy, offset ${offset}`,
  'link down': () => 'has no link to its master',
  syncing: () => 'is in the middle of a full resync',
  loading: () => 'is loading its dataset',
  'other history': () => 'has another history than the master',
  'no replica': () => 'is no replica',
}

/** One sentence for the choice, then one for each server that was asked. */
export function describeChoice({ endpoint, announced, by, isFallback, asked }: Choice): readonly string[] {
  const others = asked.map((server) => `${server.name} ${ANSWERS[server.answer](server)}`)
  if (isFallback) return [`no replica will do, so it is the master: ${endpoint}`, ...others]
  switch (by) {
    case 'sentinel': {
      const agree = asked.filter(({ answer, address }) => answer === 'says' && address === announced).length
      return [`${endpoint}, named by ${agree} of ${asked.length} Sentinels; it says itself that it is the master`, ...others]
    }
    case 'prefer replica':
      return [`${endpoint}, the healthy replica with the highest offset`, ...others]
    case 'prefer master':
      return [`${endpoint}, the master`, ...others]
  }
}

/** The master that a Sentinel named, or why the server could not be asked; undefined otherwise. */
export function wordsOf({ address, failure }: Candidate): string | undefined {
  return failure ? summarise(failure) : address
}

function summarise({ code, details }: Failure): string {
  if (details.reason === 'LATE') return 'did not answer in time'
  if (details.reason === 'SEVERAL_SERVERS') return 'several servers are behind that address'
  return 'errno' in details ? details.errno : code
}
