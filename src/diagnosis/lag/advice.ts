/** What the figures of a tree and its master's settings mean for the next broken link. Each rule is one function. */
import { ReplError } from '../../errors.ts'
import { channelSetting } from '../../handshake/guard.ts'
import type { ServerIdentity } from '../../protocol/info/identity.ts'
import type { Settings } from '../../protocol/settings.ts'
import { explain } from '../errors/explain.ts'
import { describeFlavour } from '../errors/provider.ts'
import { settingRemedy } from '../remedy.ts'
import { largerBacklog } from '../resync/backlog-size.ts'
import { bufferedDuring, largerLimit, replicaBufferLimit } from '../resync/buffer-limit.ts'
import { TRANSFER_BYTES_PER_SECOND } from '../resync/loop.ts'
import { reconnectsText, suspicionText } from '../resync/loop-words.ts'
import { duration, bytes as human } from '../units.ts'
import { describeMasterLoss, type LagReport, type MasterReport, resyncLoops } from './lag.ts'
import { type AdviceFacts, type LagAdvice, type Rule, SETTING_RULES, warning } from './setting-rules.ts'
import type { WriteFigures } from './write-rate.ts'

const RULES: readonly Rule[] = [frequentResyncs, linksBreak, backlogCovers, bufferLoop, ...SETTING_RULES, writableReplicas]

/** @param settings or why they are not known; undefined if CONFIG GET is not permitted */
export function adviseOnLag(report: LagReport, settings: Settings | ReplError | undefined, cutSeconds: number): LagAdvice[] {
  if (describeMasterLoss(report.master)) return ownProtocol(report.master)
  const failure = settings instanceof ReplError ? settings : undefined
  const known = settings instanceof ReplError ? undefined : settings
  const facts = { report, settings: known ?? new Map(), cutSeconds }
  const { isByRole, replid, identity } = report.master
  // The rules need INFO.
  if (isByRole) return [note('NO_INFO', NO_INFO)]
  if (replid === undefined) return [note('NO_HISTORY', noHistory(identity))]
  const found = RULES.flatMap((rule) => rule(facts))
  return known ? found : [...found, note('NO_CONFIG', noConfig(failure))]
}

/** Only a refusal of CONFIG itself is a missing right. */
function noConfig(failure: ReplError | undefined): string {
  const isDenied = !failure || (failure.code === 'NO_PERMISSION' && failure.details.command === 'CONFIG')
  if (isDenied) return NO_CONFIG
  return `The settings were not checked, because CONFIG GET failed: ${explain(failure).what}`
}

/** Some servers replicate by a protocol of their own. */
function noHistory(identity: ServerIdentity | undefined): string {
  return `${describeFlavour(identity)}INFO shows no master_replid. Links and offsets are compared, but the answer to a reconnect cannot be predicted.`
}

function ownProtocol({ identity, offset }: MasterReport): LagAdvice[] {
  const text = describeFlavour(identity)
  if (text === '' || offset !== undefined) return []
  return [note('NO_HISTORY', `${text}INFO shows the state of each link but no offsets, so lag cannot be measured.`)]
}

const NO_INFO =
  'This user may not run INFO (+info), so the figures come from ROLE. ROLE shows no backlog, no replid, no age of the last ACK, and only replicas that are online.'
const NO_CONFIG = 'This user may not run CONFIG GET (+config|get), so the settings were not checked.'

/** How long a replica may be disconnected. */
function backlogCovers({ report, cutSeconds }: AdviceFacts): LagAdvice[] {
  const { name, backlog, writes, identity } = report.master
  if (!backlog) return [note('NO_BACKLOG', `${name} has no backlog, because no replica is attached or was attached recently.`)]
  if (!writes) return []
  const over = `in ${duration(writes.overMs)}`
  const size = human(backlog.size)
  if (writes.average === 0) {
    return [note('BACKLOG_COVERS', `Nothing was written ${over}, so there is no estimate of how long the backlog of ${size} lasts.`)]
  }
  const neededBytes = writes.average * cutSeconds
  const isEnough = backlog.size >= neededBytes
  if (isEnough && writes.isSparse) {
    const written = human(Math.round((writes.average * writes.overMs) / 1000))
    return [note('BACKLOG_COVERS', `Only ${written} were written ${over}, too little to estimate how long the backlog of ${size} lasts.`)]
  }
  const text = coverText(backlog.size, writes)
  if (isEnough) return [note('BACKLOG_COVERS', text)]
  const why = `${text} It is too small for a link that is down for ${cutSeconds} s (--cut).`
  return [warning('BACKLOG_SHORT', why, largerBacklog(name, identity, neededBytes, backlog.size))]
}

function coverText(size: number, { average, p99, peak, overMs }: WriteFigures): string {
  const lasts = (rate: number) => duration((size / rate) * 1000)
  const more = [...(p99 ? [`${lasts(p99)} at p99`] : []), ...(peak ? [`${lasts(peak)} at the peak of ${human(Math.round(peak))}/s`] : [])]
  const covers = `The backlog of ${human(size)} lasts ${lasts(average)} at ${human(Math.round(average))}/s, the average of ${duration(overMs)}`
  return `${[covers, ...(more.length > 0 ? [more.join(', ')] : [])].join('; ')}.`
}

/** If a full resync takes longer than the buffer lasts, the next one fails in the same way. */
function bufferLoop({ report, settings }: AdviceFacts): LagAdvice[] {
  const { master } = report
  // A loop that was seen has its own advice, next to the verdict.
  if (resyncLoops(report).length > 0) return []
  const limit = replicaBufferLimit(settings, master.identity)
  const { writes } = master
  const { seconds, why } = transfer(master)
  if (!limit || !writes) return []
  const needed = bufferedDuring(writes.average, seconds)
  const isOverHard = limit.hardBytes > 0 && needed > limit.hardBytes
  const isOverSoft = limit.softBytes > 0 && needed > limit.softBytes && seconds > limit.softSeconds
  if (!isOverHard && !isOverSoft) return []
  if (hasOwnChannel(master.identity, settings)) return [note('BUFFER_LOOP', ONE_CONNECTION)]
  const most = human(isOverHard ? limit.hardBytes : limit.softBytes)
  const text = `A full resync would loop. It takes at least ${duration(seconds * 1000)} (${why}), and the master writes ${human(Math.round(needed))} in that time. The output buffer of a replica may hold ${most} (client-output-buffer-limit), so the master would disconnect it each time.`
  return [warning('BUFFER_LOOP', text, largerLimit(master.name, needed, limit))]
}

const ONE_CONNECTION =
  'A full resync over one connection would loop at this write rate, because the stream exceeds client-output-buffer-limit. Replicas that use two connections buffer the stream themselves; older replicas use one.'

/** Whether replicas of this version receive RDB and stream on two connections, as far as this server decides it. */
function hasOwnChannel(identity: ServerIdentity | undefined, settings: Settings): boolean {
  const name = channelSetting(identity)
  return name !== undefined && settings.get(name) === 'yes'
}

function transfer({ bgsaveSeconds = 0, dataBytes = 0 }: MasterReport): { seconds: number; why: string } {
  const assumed = dataBytes / TRANSFER_BYTES_PER_SECOND
  return bgsaveSeconds > assumed
    ? { seconds: bgsaveSeconds, why: 'the time of the last BGSAVE' }
    : { seconds: assumed, why: `${human(dataBytes)} of memory at ${human(TRANSFER_BYTES_PER_SECOND)}/s` }
}

function frequentResyncs({ report: { resyncs = [] } }: AdviceFacts): LagAdvice[] {
  const [suspicion] = resyncs.flatMap((found) => found.suspicion ?? [])
  return suspicion ? [warning('FREQUENT_RESYNCS', suspicionText(suspicion))] : []
}

function linksBreak({ report: { resyncs = [] } }: AdviceFacts): LagAdvice[] {
  const [reconnects] = resyncs.flatMap((found) => found.reconnects ?? [])
  return reconnects ? [warning('LINKS_BREAK', reconnectsText(reconnects))] : []
}

function writableReplicas({ report: { replicas } }: AdviceFacts): LagAdvice[] {
  // Writes to an active replica reach its masters.
  const writable = replicas.filter(({ link }) => link && !link.isReadOnly && !link.hasOwnHistory)
  return writable.map(({ name }) => {
    const text = `${name} accepts writes. They reach no other server, and the next full resync discards them.`
    const cost = 'Clients that write to it then get READONLY errors.'
    return warning('WRITABLE_REPLICA', text, settingRemedy(name, ['CONFIG SET replica-read-only yes'], cost))
  })
}

function note(code: LagAdvice['code'], text: string): LagAdvice {
  return { code, isWarning: false, text }
}
