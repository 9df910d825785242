/** What an operator should know before a visit: missing rights, and risks that the server's settings bring. */
import type { WarningCode } from '../../diagnosis/psync/verdict.ts'
import type { ServerInfo } from '../../protocol/info/server-info.ts'
import type { Settings } from '../../protocol/settings.ts'
import { followsStream, forksOnPurpose, type Goal } from '../goal.ts'
import { type Questions, setting } from './questions.ts'

/** @param settings undefined if CONFIG is not permitted */
export async function warningsFor(
  goal: Goal,
  server: ServerInfo,
  settings: Settings | undefined,
  questions: Questions,
): Promise<WarningCode[]> {
  // INFO replication shows this field only when min-replicas-to-write is on.
  if (followsStream(goal) && server.fields.has('min_slaves_good_slaves')) return ['MIN_REPLICAS']
  if (!forksOnPurpose(goal)) return []
  const diskless = settings?.get('repl-diskless-sync')
  if (diskless === 'yes') return []
  const warnings: WarningCode[] = [diskless === 'no' ? 'DISK_BASED' : 'DISK_UNKNOWN']
  if (diskless === 'no' && (await stopsWritesOnFailure(questions))) warnings.push('STOP_WRITES_RISK')
  if (server.fields.get('rdb_last_bgsave_status') === 'err') warnings.push('LAST_BGSAVE_FAILED')
  return warnings
}

/** Whether a failed BGSAVE makes the master refuse writes with -MISCONF (server.c, writeCommandsDeniedByDiskError). */
async function stopsWritesOnFailure(questions: Questions): Promise<boolean> {
  const save = await setting(questions, 'save')
  return Boolean(save) && (await setting(questions, 'stop-writes-on-bgsave-error')) === 'yes'
}
