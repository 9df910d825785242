/**
 * The replica's handshake, one rung per exchange, in the order of syncWithMaster() (replication.c).
 * The order is load-bearing. State names are those of Redis 5 and 6.0 (server.h, REPL_STATE_*), whose ladder is
 * lock-step like ours. The comment beside each rung gives the receive state of Redis 6.2. Rungs marked "ours"
 * are not sent by every replica: redis-cli or we add them.
 *
 * Lock-step: one command is outstanding at a time. PSYNC must be alone on the wire, because a master with pending
 * output refuses it. Nothing may follow PSYNC before its reply, because every byte postpones a diskless BGSAVE.
 */
import type { ServerError } from '../protocol/wire/reply.ts'
import type { Command, Plan } from './plan.ts'
import * as steps from './steps.ts'

export type State = 'CONNECT' | 'CONNECTING' | `SEND_${Step}` | `RECEIVE_${Step}` | 'RECEIVE_PONG' | 'TRANSFER' | 'CONNECTED' | 'STOPPED'

type Step = 'PING' | 'AUTH' | 'NAME' | 'PORT' | 'IP' | 'CAPA' | 'VERSION' | 'RDB_ONLY' | 'RDB_FILTER' | 'PSYNC' | 'SYNC'

export interface Rung {
  readonly send: State
  readonly receive: State
  /** The command, or undefined if the plan skips this rung. */
  readonly command: (plan: Plan) => Command | undefined
  readonly judge: (reply: string | ServerError, plan: Plan) => steps.Judgement
  /** What the engine must learn (INFO, over the same link) before the command can be sent. */
  readonly needs?: 'server' | 'position'
}

// biome-ignore format: a table is read in columns
export const LADDER: readonly Rung[] = [
  // CONNECT → CONNECTING: the socket. Then the ladder:
  { send: 'SEND_PING',       receive: 'RECEIVE_PONG',       command: steps.ping,          judge: steps.judgePong },                            // RECEIVE_PING_REPLY
  { send: 'SEND_AUTH',       receive: 'RECEIVE_AUTH',       command: steps.auth,          judge: steps.judgeAuth },                            // RECEIVE_AUTH_REPLY
  { send: 'SEND_NAME',       receive: 'RECEIVE_NAME',       command: steps.clientName,    judge: steps.nonCritical('NAME') },                  // ours
  { send: 'SEND_PORT',       receive: 'RECEIVE_PORT',       command: steps.listeningPort, judge: steps.judgePort,            needs: 'server' }, // RECEIVE_PORT_REPLY
  { send: 'SEND_IP',         receive: 'RECEIVE_IP',         command: steps.ipAddress,     judge: steps.nonCritical('IP') },                    // RECEIVE_IP_REPLY
  { send: 'SEND_CAPA',       receive: 'RECEIVE_CAPA',       command: steps.capabilities,  judge: steps.nonCritical('CAPA') },                  // RECEIVE_CAPA_REPLY
  { send: 'SEND_VERSION',    receive: 'RECEIVE_VERSION',    command: steps.version,       judge: steps.nonCritical('VERSION') },               // Valkey 8.0: RECEIVE_VERSION_REPLY
  { send: 'SEND_RDB_ONLY',   receive: 'RECEIVE_RDB_ONLY',   command: steps.rdbOnly,       judge: steps.nonCritical('RDB_ONLY') },              // ours, as redis-cli --rdb
  { send: 'SEND_RDB_FILTER', receive: 'RECEIVE_RDB_FILTER', command: steps.emptyRdb,      judge: steps.nonCritical('RDB_FILTER') },            // ours, as redis-cli --replica
  { send: 'SEND_PSYNC',      receive: 'RECEIVE_PSYNC',      command: steps.psync,         judge: steps.judgePsyncRefusal, needs: 'position' }, // RECEIVE_PSYNC_REPLY
  { send: 'SEND_SYNC',       receive: 'TRANSFER',           command: steps.legacySync,    judge: steps.judgePsyncRefusal },                    // only where PSYNC is unknown
  // TRANSFER: the payload (protocol/wire/payload.ts). CONNECTED: the stream.
]
