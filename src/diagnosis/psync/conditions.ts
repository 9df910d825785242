/** The conditions of a partial resync in words and numbers, in the order in which the server checks them. */

import { type History, isSameReplid, type Position, requestOffset } from '../../protocol/history.ts'
import { exact } from '../units.ts'
import type { PsyncFacts } from './answer.ts'
import { CONDITIONS, type ConditionName } from './forecast.ts'

export interface Checked {
  readonly name: ConditionName
  readonly statement: string
  /** The numbers that decide it. */
  readonly numbers: string
  /** Absent if an earlier condition decided. */
  readonly holds?: boolean
}

const STATEMENTS: Record<ConditionName, string> = {
  SERVING: 'the server serves replicas now',
  POSITION: 'the replica sends an offset',
  HISTORY: 'the server knows its replid',
  FORK_POINT: 'not past the fork point',
  BACKLOG: 'the server has a backlog',
  OLD_END: 'not older than the backlog',
  LIVE_END: 'not ahead of the server',
}

export function checkedConditions({ history, position, decided }: PsyncFacts): Checked[] {
  if (!history || !position) return []
  const decidedAt = CONDITIONS.findIndex(({ name }) => name === decided)
  const last = decidedAt < 0 ? CONDITIONS.length : decidedAt
  return CONDITIONS.map(({ name }, index) => ({
    name,
    statement: STATEMENTS[name],
    ...(index > last ? { numbers: '' } : { numbers: NUMBERS[name](history, position), holds: index !== last }),
  }))
}

type Numbers = (history: History, position: Position) => string

const OBSTACLES = { LOADING: 'loading', NOMASTERLINK: 'link to its master down', FAILOVER: 'FAILOVER in progress' } as const

const NUMBERS: Record<ConditionName, Numbers> = {
  SERVING: ({ obstacle }) => (obstacle ? OBSTACLES[obstacle] : ''),
  POSITION: (_, position) => (position.replid === '?' ? 'none (PSYNC ? -1)' : `byte ${requestText(position)}`),
  HISTORY: ({ replid, replid2 }, position) =>
    isSameReplid(position.replid, replid) ? 'replid' : isSameReplid(position.replid, replid2) ? 'replid2' : 'neither replid nor replid2',
  FORK_POINT: ({ replid2, secondOffset }, position) =>
    isSameReplid(position.replid, replid2) ? `${requestText(position)} ≤ ${secondOffset ?? 0}` : 'the current replid',
  BACKLOG: ({ backlog }) => (backlog ? `${exact(backlog.histlen)} bytes` : 'none'),
  OLD_END: ({ backlog }, position) => (backlog ? `${requestText(position)} ≥ ${backlog.firstByteOffset}` : ''),
  LIVE_END: ({ backlog }, position) => (backlog ? `${requestText(position)} ≤ ${backlog.firstByteOffset + backlog.histlen}` : ''),
}

/** Offsets are not grouped, so that they can be pasted. */
function requestText(position: Position): string {
  return String(requestOffset(position))
}
