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
  POSITION: 'a position is asked for',
  HISTORY: 'the history is known',
  FORK_POINT: 'not past its fork point',
  BACKLOG: 'a backlog is kept',
  OLD_END: 'not older than the backlog',
  LIVE_END: 'not ahead of the live end',
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
  POSITION: (_, position) => (position.replid === '?' ? 'none' : `byte ${requestText(position)}`),
  HISTORY: ({ replid, replid2 }, position) =>
    isSameReplid(position.replid, replid) ? 'its replid' : isSameReplid(position.replid, replid2) ? 'its replid2' : 'neither',
  FORK_POINT: ({ replid2, secondOffset }, position) =>
    isSameReplid(position.replid, replid2) ? `${requestText(position)} ≤ ${exact(secondOffset ?? 0)}` : 'the current history',
  BACKLOG: ({ backlog }) => (backlog ? `${exact(backlog.histlen)} bytes` : 'none'),
  OLD_END: ({ backlog }, position) => (backlog ? `${requestText(position)} ≥ ${exact(backlog.firstByteOffset)}` : ''),
  LIVE_END: ({ backlog }, position) => (backlog ? `${requestText(position)} ≤ ${exact(backlog.firstByteOffset + backlog.histlen)}` : ''),
}

function requestText(position: Position): string {
  return exact(requestOffset(position))
}
