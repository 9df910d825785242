/** What a server would ask for if it attached to another one now, by its own INFO. */
import type { Info } from '../../protocol/info/info.ts'
import { masterLink } from '../../protocol/info/replication.ts'
import { historyFromInfo } from '../../protocol/info/server-facts.ts'
import type { Position } from './forecast.ts'

/**
 * A replica asks for the byte behind the last one it applied (replication.c, slaveTryPartialResynchronization). A master
 * that is made a replica offers its own history (replicationCacheMasterUsingMyself).
 */
export function positionOf(info: Info): Position | undefined {
  // Up to 3.2 a replica asks by its master's run_id, which its INFO does not show, and a master has nothing to offer.
  if (!info.has('master_replid')) return info.get('role') === 'slave' ? undefined : { replid: '?', offset: -1 }
  const history = historyFromInfo(info)
  const link = masterLink(info)
  if (!history || !link) return history && { replid: history.replid, offset: history.offset }
  if (!info.has('slave_repl_offset')) return undefined
  return link.appliedOffset === undefined ? { replid: '?', offset: -1 } : { replid: history.replid, offset: link.appliedOffset }
}
