/** What a master's settings mean for its replicas at the measured write rate. Each rule is one function. */
import { ReplError } from '../../errors.ts'
import { channelSetting } from '../../handshake/guard.ts'
import type { ServerIdentity } from '../../protocol/info/identity.ts'
import type { Settings } from '../../protocol/settings.ts'
import { explain } from '../errors/explain.ts'
import { describeFlavour } from '../errors/provider.ts'
import { type Advice, sized } from '../psync/advice.ts'
import { bufferedDuring, largerLimitCommand, replicaBufferLimit } from '../resync/buffer-limit.ts'
import { TRANSFER_BYTES_PER_SECOND } from '../resync/loop.ts'
import { reconnectsText, suspicionText } from '../resync/loop-words.ts'
import { duration, bytes as human } from '../units.ts'
import { describeMasterLoss, type LagReport, type MasterReport, resyncLoops } from './lag.ts'
import type { WriteFigures } from './write-rate.ts'

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
  readonly text: string
  readonly command?: string
}

interface Facts {
  readonly report: LagReport
  readonly settings: Settings
  /** The outage that a replica should survive without a full resync. */
  readonly cutSeconds: number
}

type Rule = (facts: Facts) => LagAdvice | undefined

const RULES: readonly Rule[] = [
  frequentResyncs,
  linksBreak,
  backlogCovers,
  bufferLoop,
  bufferBelowBacklog,
  pingTimeout,
  minReplicas,
  backlogTtl,
  writableReplica,
]

/** @param settings or why they are not known; undefined if CONFIG GET is not permitted */
export function adviseOnLag(report: LagReport, settings: Settings | ReplError | undefined, cutSeconds: number): LagAdvice[] {
  if (describeMasterLoss(report.master)) return ownProtocol(report.master)
  const failure = settings instanceof ReplError ? settings : undefined
  const known = settings instanceof ReplError ? undefined : settings
  const facts = { report, settings: known ?? new Map(), cutSeconds }
  const { isByRole, replid, identity } = report.master
  // ROLE has nothing to judge.
  if (isByRole) return [{ code: 'NO_INFO', isWarning: false, text: NO_INFO }]
  if (replid === undefined) return [{ code: 'NO_HISTORY', isWarning: false, text: noHistory(identity) }]
  const found = RULES.flatMap((rule) => rule(facts) ?? [])
  return known ? found : [...found, { code: 'NO_CONFIG', isWarning: false, text: noConfig(failure) }]
}

/** Only a refusal of CONFIG itself is a missing right. */
function noConfig(failure: ReplError | undefined): string {
  const isDenied = !failure || (failure.code === 'NO_PERMISSION' && failure.details.command === 'CONFIG')
  if (isDenied) return NO_CONFIG
  return `The settings were not judged, because CONFIG GET brought no answer: ${explain(failure).what}`
}

/** What can be measured on servers that replicate by a protocol of their own. */
function noHistory(identity: ServerIdentity | undefined): string {
  return `${describeFlavour(identity)}INFO shows no master_replid. Links and offsets are compared; what a reconnect would get cannot be said.`
}

function ownProtocol({ identity, offset }: MasterReport): LagAdvice[] {
  const text = describeFlavour(identity)
  if (text === '' || offset !== undefined) return []
  return [
    {
      code: 'NO_HISTORY',
      isWarning: false,
      text: `${text}INFO shows the state of each link, and no offsets: lag cannot be measured here.`,
    },
  ]
}

const NO_INFO =
  'INFO is not permitted to this user (+info), so this is what ROLE tells: no backlog, no history, no time of the last ACK, and no replica that is not online.'
const NO_CONFIG = 'CONFIG GET is not permitted to this user (+config|get), so the settings were not judged.'

/** How long a replica may be disconnected. */
function backlogCovers({ report, cutSeconds }: Facts): LagAdvice | undefined {
  const { backlog, writes, identity } = report.master
  if (!backlog)
    return { code: 'NO_BACKLOG', isWarning: false, text: 'No backlog is kept: no replica is attached, or has been for a while.' }
  if (!writes) return undefined
  const over = `over ${duration(writes.overMs)}`
  const size = human(backlog.size)
  if (writes.average === 0) {
    return {
      code: 'BACKLOG_COVERS',
      isWarning: false,
      text: `Nothing was written ${over}, so how long the backlog of ${size} lasts is not known.`,
    }
  }
  const isEnough = backlog.size >= writes.average * cutSeconds
  if (isEnough && writes.isSparse) {
    const written = human(Math.round((writes.average * writes.overMs) / 1000))
    const few = `Only ${written} were written ${over}, too little to say how long the backlog of ${size} lasts.`
    return { code: 'BACKLOG_COVERS', isWarning: false, text: few }
  }
  const text = coverText(backlog.size, writes, `, as measured ${over}`)
  if (isEnough) return { code: 'BACKLOG_COVERS', isWarning: false, text }
  const why = `${text} To survive a cut of ${cutSeconds} s`
  return warning('BACKLOG_SHORT', sized(identity ? { identity } : {}, writes.average * cutSeconds, why))
}

function coverText(size: number, { average, p99, peak }: WriteFigures, measured: string): string {
  const lasts = (rate: number) => duration((size / rate) * 1000)
  const more = [...(p99 ? [`${lasts(p99)} at p99`] : []), ...(peak ? [`${lasts(peak)} at the peak of ${human(Math.round(peak))}/s`] : [])]
  const covers = `The backlog of ${human(size)} covers a cut of ${lasts(average)} at ${human(Math.round(average))}/s${measured}`
  return `${[covers, ...(more.length > 0 ? [more.join(', ')] : [])].join('; ')}.`
}

/** A full resync that outlasts the buffer starts again every time. */
function bufferLoop({ report, settings }: Facts): LagAdvice | undefined {
  const { master } = report
  // The loop itself heads the answer, with its command.
  if (resyncLoops(report).length > 0) return undefined
  const limit = replicaBufferLimit(settings, master.identity)
  const { writes } = master
  const { seconds, why } = transfer(master)
  if (!limit || !writes) return undefined
  const needed = bufferedDuring(writes.average, seconds)
  const isOverHard = limit.hardBytes > 0 && needed > limit.hardBytes
  const isOverSoft = limit.softBytes > 0 && needed > limit.softBytes && seconds > limit.softSeconds
  if (!isOverHard && !isOverSoft) return undefined
  if (hasOwnChannel(master.identity, settings)) return { code: 'BUFFER_LOOP', isWarning: false, text: ONE_CONNECTION }
  const text = `A full resync takes ${duration(seconds * 1000)} at least (${why}); ${human(Math.round(needed))} are written meanwhile, more than a replica’s output buffer may hold (${human(isOverHard ? limit.hardBytes : limit.softBytes)}): the link would be cut and it would begin again.`
  return { code: 'BUFFER_LOOP', isWarning: true, text, command: largerLimitCommand(needed, limit) }
}

const ONE_CONNECTION =
  'A replica that takes a full resync on two connections buffers the stream itself. One that takes it on one connection, such as an older one, would be cut at client-output-buffer-limit at this write rate.'

/** Whether replicas of this version receive RDB and stream on two connections, as far as this server decides it. */
function hasOwnChannel(identity: ServerIdentity | undefined, settings: Settings): boolean {
  const name = channelSetting(identity)
  return name !== undefined && settings.get(name) === 'yes'
}

function transfer({ bgsaveSeconds = 0, dataBytes = 0 }: MasterReport): { seconds: number; why: string } {
  const assumed = dataBytes / TRANSFER_BYTES_PER_SECOND
  return bgsaveSeconds > assumed
    ? { seconds: bgsaveSeconds, why: 'as long as the last BGSAVE' }
    : { seconds: assumed, why: `for ${human(dataBytes)} of memory at ${human(TRANSFER_BYTES_PER_SECOND)}/s` }
}

function frequentResyncs({ report: { resyncs = [] } }: Facts): LagAdvice | undefined {
  const [suspicion] = resyncs.flatMap((found) => found.suspicion ?? [])
  return suspicion && { code: 'FREQUENT_RESYNCS', isWarning: true, text: suspicionText(suspicion) }
}

function linksBreak({ report: { resyncs = [] } }: Facts): LagAdvice | undefined {
  const [reconnects] = resyncs.flatMap((found) => found.reconnects ?? [])
  return reconnects && { code: 'LINKS_BREAK', isWarning: true, text: reconnectsText(reconnects) }
}

/** Since 7.0 the server itself raises the limit to the backlog size. */
function bufferBelowBacklog({ report: { master }, settings }: Facts): LagAdvice | undefined {
  const limit = replicaBufferLimit(settings, master.identity)
  const { backlog } = master
  if (!limit || !backlog || limit.hardBytes === 0 || limit.hardBytes >= backlog.size) return undefined
  const text = `A replica’s output buffer may hold ${human(limit.hardBytes)}, less than the backlog of ${human(backlog.size)}: one that needs all of it to catch up is cut off.`
  return { code: 'BUFFER_BELOW_BACKLOG', isWarning: true, text, command: largerLimitCommand(backlog.size, limit) }
}

/** An idle master sends one PING per period; a replica that receives nothing for repl-timeout disconnects. */
function pingTimeout({ settings }: Facts): LagAdvice | undefined {
  const timeout = Number(settings.get('repl-timeout'))
  const period = Number(settings.get('repl-ping-replica-period') ?? settings.get('repl-ping-slave-period'))
  if (!(timeout > 0 && period > 0) || timeout > 2 * period) return undefined
  const text = `repl-timeout is ${timeout} s and the master pings each ${period} s: one late PING breaks the link of an idle replica.`
  return { code: 'PING_TIMEOUT', isWarning: true, text, command: `CONFIG SET repl-timeout ${Math.max(60, 6 * period)}` }
}

function minReplicas({ report: { master }, settings }: Facts): LagAdvice | undefined {
  const wanted = Number(settings.get('min-replicas-to-write') ?? settings.get('min-slaves-to-write') ?? 0)
  const maxLag = settings.get('min-replicas-max-lag') ?? settings.get('min-slaves-max-lag') ?? '?'
  const { goodReplicas } = master
  if (!(wanted > 0) || goodReplicas === undefined || goodReplicas > wanted) return undefined
  const text = `min-replicas-to-write is ${wanted}, and ${goodReplicas} have acknowledged within ${maxLag} s`
  return goodReplicas < wanted
    ? { code: 'WRITES_REFUSED', isWarning: true, text: `${text}: the master refuses writes (NOREPLICAS).` }
    : { code: 'LAST_GOOD_REPLICA', isWarning: false, text: `${text}: with one less the master refuses writes.` }
}

function backlogTtl({ settings, cutSeconds }: Facts): LagAdvice | undefined {
  const ttl = Number(settings.get('repl-backlog-ttl') ?? 0)
  if (!(ttl > 0) || ttl >= cutSeconds) return undefined
  const text = `When all replicas are away for ${ttl} s (repl-backlog-ttl), the backlog is freed and each of them needs a full resync.`
  return { code: 'BACKLOG_TTL', isWarning: true, text, command: 'CONFIG SET repl-backlog-ttl 3600' }
}

function writableReplica({ report: { replicas } }: Facts): LagAdvice | undefined {
  // What is written to an active replica is replicated to its masters.
  const writable = replicas.filter(({ link }) => link && !link.isReadOnly && !link.hasOwnHistory).map(({ name }) => name)
  if (writable.length === 0) return undefined
  const text = `${writable.join(', ')} can be written to: what is written there is nowhere else, and is lost at the next full resync.`
  return { code: 'WRITABLE_REPLICA', isWarning: true, text, command: 'CONFIG SET replica-read-only yes' }
}

function warning(code: RuleCode, { text, command }: Advice): LagAdvice {
  return { code, isWarning: true, text, ...(command && { command }) }
}
