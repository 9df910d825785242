/** Why a server shows no position in a history. */
import { ownProtocolOf } from '../../diagnosis/errors/provider.ts'
import type { StopReason } from '../../diagnosis/psync/verdict.ts'
import { type MissingField, ReplError } from '../../errors.ts'
import type { ServerInfo } from '../../protocol/info/server-info.ts'

/** The fields that a history consists of. */
type HistoryField = Exclude<MissingField, 'REPLICA_OFFSET'>

/** Why a handshake stops for a missing field. */
export const STOPS = { REPLID: 'NO_REPLID', OFFSET: 'NO_OFFSET', BOTH: 'NO_POSITION' } as const satisfies Record<HistoryField, StopReason>

/** What is missing in INFO without a history. Redis up to 3.2 has a run_id instead of a replid. */
export function missingIn({ fields }: ServerInfo): HistoryField {
  if (fields.has('master_repl_offset')) return 'REPLID'
  return fields.has('master_replid') || fields.has('run_id') ? 'OFFSET' : 'BOTH'
}

/** The error for a server whose INFO shows no position. */
export function noPosition(info: ServerInfo): ReplError {
  const provider = ownProtocolOf(info.identity)
  if (provider) return new ReplError('OWN_PROTOCOL', { provider })
  return new ReplError('NO_POSITION', { missing: info.history ? 'REPLICA_OFFSET' : missingIn(info) })
}

/** The error for a handshake that stopped for a missing field; undefined if it stopped for another reason. */
export function missingAt(stopped: StopReason | undefined): ReplError | undefined {
  const [missing] = Object.entries(STOPS).find(([, reason]) => reason === stopped) ?? []
  return missing === undefined ? undefined : new ReplError('NO_POSITION', { missing: missing as HistoryField })
}
