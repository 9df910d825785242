/** The rules of `lag` on single settings of the master, and what every rule returns. */
import type { Settings } from '../../protocol/settings.ts'
import { type Remedy, settingRemedy } from '../remedy.ts'
import { largerLimit, replicaBufferLimit } from '../resync/buffer-limit.ts'
import { bytes as human } from '../units.ts'
import type { LagReport } from './lag.ts'

type RuleCode =
  | 'BACKLOG_COVERS'
  | 'BACKLOG_SHORT'
  | 'NO_BACKLOG'
  | 'BUFFER_LOOP'
  | 'FREQUENT_RESYNCS'
  | 'LINKS_BREAK'
  | 'BUFFER_BELOW_BACKLOG'
  | 'PING_TIMEOUT'
  | 'WRITES_REFUSED'
  | 'LAST_GOOD_REPLICA'
  | 'BACKLOG_TTL'
  | 'WRITABLE_REPLICA'
  | 'NO_CONFIG'
  | 'NO_INFO'
  | 'NO_HISTORY'

export interface LagAdvice {
  readonly code: RuleCode
  /** A warning asks for a change; a note only informs. */
  readonly isWarning: boolean
  /** What was found. */
  readonly text: string
  readonly remedy?: Remedy
}

export interface AdviceFacts {
  readonly report: LagReport
  readonly settings: Settings
  /** The outage that a replica should survive without a full resync. */
  readonly cutSeconds: number
}

export type Rule = (facts: AdviceFacts) => LagAdvice[]

export const SETTING_RULES: readonly Rule[] = [bufferBelowBacklog, pingTimeout, minReplicas, backlogTtl]

/** The defaults of repl-timeout and repl-backlog-ttl (config.c). Less is never advised. */
const DEFAULT_TIMEOUT_SECONDS = 60
const DEFAULT_TTL_SECONDS = 3600
/** How many PINGs may be late before a link times out: 60 s and 10 s are the defaults. */
const PINGS_PER_TIMEOUT = 6

/** Since 7.0 the server itself raises the limit to the backlog size. */
function bufferBelowBacklog({ report: { master }, settings }: AdviceFacts): LagAdvice[] {
  const limit = replicaBufferLimit(settings, master.identity)
  const { backlog } = master
  if (!limit || !backlog || limit.hardBytes === 0 || limit.hardBytes >= backlog.size) return []
  const text = `The output buffer of a replica may hold ${human(limit.hardBytes)} (client-output-buffer-limit), less than the backlog of ${human(backlog.size)}. A replica that needs the whole backlog is disconnected before it has caught up.`
  return [warning('BUFFER_BELOW_BACKLOG', text, largerLimit(master.name, backlog.size, limit))]
}

/** An idle master sends one PING per period; a replica that receives nothing for repl-timeout disconnects. */
function pingTimeout({ report: { master }, settings }: AdviceFacts): LagAdvice[] {
  const timeout = Number(settings.get('repl-timeout'))
  const period = Number(settings.get('repl-ping-replica-period') ?? settings.get('repl-ping-slave-period'))
  if (!(timeout > 0 && period > 0) || timeout > 2 * period) return []
  const text = `repl-timeout is ${timeout} s, and an idle master sends a PING every ${period} s. One late PING breaks the link.`
  const seconds = Math.max(DEFAULT_TIMEOUT_SECONDS, PINGS_PER_TIMEOUT * period)
  const cost = `A dead link is noticed after ${seconds} s. Set it on the replicas too.`
  return [warning('PING_TIMEOUT', text, settingRemedy(master.name, [`CONFIG SET repl-timeout ${seconds}`], cost))]
}

function minReplicas({ report: { master }, settings }: AdviceFacts): LagAdvice[] {
  const wanted = Number(settings.get('min-replicas-to-write') ?? settings.get('min-slaves-to-write') ?? 0)
  const maxLag = settings.get('min-replicas-max-lag') ?? settings.get('min-slaves-max-lag') ?? '?'
  const { name, goodReplicas } = master
  if (!(wanted > 0) || goodReplicas === undefined || goodReplicas > wanted) return []
  const have = goodReplicas === 1 ? '1 replica has' : `${goodReplicas} replicas have`
  const text = `min-replicas-to-write is ${wanted} on ${name}, and ${have} sent an ACK within ${maxLag} s.`
  if (goodReplicas < wanted) return [warning('WRITES_REFUSED', `${text} It refuses writes now (NOREPLICAS).`)]
  return [{ code: 'LAST_GOOD_REPLICA', isWarning: false, text: `${text} If one more is lost, it refuses writes (NOREPLICAS).` }]
}

function backlogTtl({ report: { master }, settings, cutSeconds }: AdviceFacts): LagAdvice[] {
  const ttl = Number(settings.get('repl-backlog-ttl') ?? 0)
  if (!(ttl > 0) || ttl >= cutSeconds) return []
  const text = `${master.name} frees its backlog when it has had no replica for ${ttl} s (repl-backlog-ttl). Each replica then needs a full resync.`
  const seconds = Math.max(DEFAULT_TTL_SECONDS, Math.ceil(cutSeconds))
  const cost = `The memory of the backlog is freed ${seconds} s after the last replica has left.`
  return [warning('BACKLOG_TTL', text, settingRemedy(master.name, [`CONFIG SET repl-backlog-ttl ${seconds}`], cost))]
}

export function warning(code: RuleCode, text: string, remedy?: Remedy): LagAdvice {
  return { code, isWarning: true, text, ...(remedy && { remedy }) }
}
