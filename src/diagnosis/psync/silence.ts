/** What it means when a master sends nothing, not even the periodic PING to its replicas. */
import { isSameReplid, type Obstacle } from '../../protocol/history.ts'
import type { ServerInfo } from '../../protocol/info/server-info.ts'

/**
 * idle: it has no more bytes than we do, so it has nothing to send.
 * NOMASTERLINK, FAILOVER, LOADING: it has lost its own master, or is paused for another reason. Since 7.0 such a server
 *   keeps its replicas' connections open.
 * broken: it is alive and has more bytes than we do, or another history, but nothing arrives here.
 */
export type Silence = 'idle' | 'broken' | Obstacle

/** @param offset the last byte received */
export function judgeSilence({ history }: ServerInfo, replid: string, offset: number): Silence {
  if (!history) return 'idle'
  if (history.obstacle) return history.obstacle
  return isSameReplid(replid, history.replid) && history.offset <= offset ? 'idle' : 'broken'
}

/** Whether the master waits for its replicas before it shuts down (INFO server, 7.0 and later). */
export function isShuttingDown({ fields }: ServerInfo): boolean {
  return fields.has('shutdown_in_milliseconds')
}

const WORDS: Record<Silence, string> = {
  idle: 'INFO shows that it has nothing to send',
  broken: 'INFO shows that it has written more: the connection is dead',
  NOMASTERLINK: 'it is a replica that has lost its own master; it keeps the connection open and sends nothing until its link is back',
  FAILOVER: 'a FAILOVER is in progress, and it sends nothing until that is over',
  LOADING: 'it is loading its data',
}

export function describeSilence(silence: Silence): string {
  return WORDS[silence]
}
