/** The goal of each link of a follower, from its options and its progress. */
import type { History, Position } from '../../protocol/history.ts'
import type { Source } from '../ask/source.ts'
import type { ServerEvent } from '../events.ts'
import type { LinkOptions, Store } from '../goal.ts'
import type { Ack, AckMode, Delivered } from '../link/ack.ts'
import type { SetslotWatch } from '../link/setslot-watch.ts'
import type { LinkPlan } from '../replicate.ts'
import type { RetryPolicy } from './backoff.ts'
import type { OnFull } from './events.ts'
import type { GapOptions } from './gap-rules.ts'
import type { Start } from './start.ts'

export interface FollowOptions extends GapOptions, LinkOptions {
  readonly source: Source
  readonly start: Start
  readonly ack: AckMode
  readonly allowFork: boolean
  /** Asks the user for permission to fork a server without a backlog; undefined without a terminal. */
  readonly askToFork?: ((server: ServerEvent | undefined) => Promise<boolean>) | undefined
  /** Limit for the payload of a full resync, in bytes per second. */
  readonly maxRate?: number
  /** When the spool is full: stop reading (block), fail (stop), or disconnect and resume when there is room (drop). */
  readonly onFull: OnFull
  readonly spoolBytes: number
  readonly retry: RetryPolicy
  /** Where the payload of a full resync goes. */
  readonly rdb: () => Promise<Store>
}

/** The part that differs from link to link. */
interface LinkState {
  readonly isSnapshot: boolean
  readonly mayFork: boolean
  readonly choose: (history: History) => Position | undefined
  /** An earlier reply proved that the renamed command is PSYNC. */
  readonly isProven: boolean
  readonly delivered: Delivered
  readonly setslots: SetslotWatch
}

/** @throws ReplError when the store of a snapshot cannot be opened */
export async function linkPlan(options: FollowOptions, link: LinkState): Promise<LinkPlan> {
  const { announce, renamed, ack: mode, maxRate, rdb } = options
  const { isSnapshot, mayFork, choose, isProven } = link
  const common = { ack: ackOf(mode, link), ...(maxRate !== undefined && { maxRate }) }
  return {
    announce,
    ...(renamed && { renamed: { ...renamed, isProven } }),
    goal: isSnapshot ? { kind: 'snapshot', store: await rdb(), ...common } : { kind: 'stream', choose, allowFork: mayFork, ...common },
  }
}

function ackOf(mode: AckMode, { delivered, setslots }: LinkState): Ack {
  switch (mode) {
    case 'zero':
      return { mode }
    case 'safe':
      return { mode, setslots }
    case 'honest':
      return { mode, delivered }
  }
}
