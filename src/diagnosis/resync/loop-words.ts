/** A resync loop in words: how often, which replicas, what disconnects them, and the one setting that ends it. */
import { type Remedy, remedySentences, settingRemedy } from '../remedy.ts'
import { duration, exact, bytes as human } from '../units.ts'
import { largerBacklog } from './backlog-size.ts'
import { largerLimit } from './buffer-limit.ts'
import type { LoopCause } from './cause.ts'
import { type KnownReplica, type ResyncLoop, versionText } from './loop.ts'
import type { Reconnects, ResyncSuspicion } from './report.ts'

/** What the backlog must outlast: the outages of a link that breaks again and again. */
const CUT_SECONDS = 60
/** The default of repl-timeout (config.c). Less is never advised. */
const DEFAULT_TIMEOUT_SECONDS = 60

/** The verdict in one sentence, for a log and for a monitoring plugin. */
export function loopHeadline({ master, replicas, fullResyncs, overMs, onlineMs }: ResyncLoop): string {
  const names = replicas.length === 0 ? 'a replica' : replicas.join(', ')
  const outcome = onlineMs === undefined ? ', and none of them lasted' : `; the last one has lasted ${duration(onlineMs)} so far`
  return `${names} began ${fullResyncs} full resyncs from ${master} in ${duration(overMs)}${outcome}.`
}

/** What disconnects the replica, as far as it was seen. One sentence per element. */
export function loopCause(loop: ResyncLoop): string[] {
  return [CAUSES[loop.cause](loop), ...(loop.cause === 'left' ? versionsText(loop) : []), ...countersText(loop)]
}

type Words = (loop: ResyncLoop) => string

const CAUSES: Record<LoopCause, Words> = {
  'hard-limit': ({ limit, bufferBytes }) =>
    `The master disconnects it at client-output-buffer-limit replica, hard limit ${exact(limit?.hardBytes ?? 0)} bytes: ${seenText(bufferBytes)}.`,
  'soft-limit': ({ limit, bufferBytes }) =>
    `The master disconnects it at client-output-buffer-limit replica, soft limit ${exact(limit?.softBytes ?? 0)} bytes for ${limit?.softSeconds ?? 0} s: ${seenText(bufferBytes)}.`,
  timeout: ({ timeoutSeconds, isReplicaTimeout }) =>
    isReplicaTimeout
      ? `The replica disconnects after about ${timeoutSeconds} s, its repl-timeout: it received nothing from the master for that long.`
      : `The master disconnects it after about ${timeoutSeconds} s, the master’s repl-timeout: it received nothing from the replica for that long.`,
  'bgsave-failed': () =>
    'The master’s BGSAVE fails (rdb_last_bgsave_status:err), so it sends no RDB. Its log shows the cause, often disk space or memory.',
  backlog: ({ backlogBytes }) =>
    `Each full resync succeeded. Then the link broke, and the backlog${backlogBytes === undefined ? '' : ` of ${human(backlogBytes)}`} no longer held what the replica needed.`,
  left: (loop) =>
    `${notCutText(loop)} The replica disconnects by itself, or the network breaks the link. The replica’s log shows the cause, often an RDB that it cannot save or load (from a newer master, for example), memory, or a restart.`,
  unseen: ({ missingRights, limit, bufferBytes }) => {
    if (missingRights.length > 0)
      return `The cause was not seen, because this user lacks ${missingRights.join(' and ')}. Most often it is client-output-buffer-limit replica or repl-timeout.`
    const seen = limit && bufferBytes !== undefined ? ` Its output buffer held up to ${exact(bufferBytes)} bytes.` : ''
    return `The cause was not seen.${seen} The logs of both servers show it.`
  },
}

function notCutText({ limit, bufferBytes }: ResyncLoop): string {
  if (bufferBytes === undefined || !limit) return 'The master wrote too little to fill its output buffer.'
  const { hardBytes } = limit
  const room = hardBytes === 0 ? 'there is no limit' : `the limit is ${exact(hardBytes)}`
  return `The master did not disconnect it at client-output-buffer-limit: CLIENT LIST showed up to ${exact(bufferBytes)} bytes, and ${room}.`
}

/** An older replica may not know the format of the RDB (rdb.c, rdbLoadRio: "Can't handle RDB format version"). */
function versionsText({ master, version, otherVersions }: ResyncLoop): string[] {
  if (otherVersions.length === 0) return []
  const others = otherVersions.map(({ name, identity }) => `${name} runs ${versionText(identity)}`).join(', ')
  return [`${master} runs ${version}, and ${others}: a replica that is older than its master may not be able to load its RDB.`]
}

function seenText(bufferBytes: number | undefined): string {
  return bufferBytes === undefined
    ? 'the master wrote as much while it sent the RDB (CLIENT LIST was not available)'
    : `CLIENT LIST showed up to ${exact(bufferBytes)} bytes in its output buffer (omem)`
}

function countersText({ partialErrors, forks }: ResyncLoop): string[] {
  const counts = [
    ...(partialErrors ? [`the master refused ${partialErrors === 1 ? 'a partial resync' : `${partialErrors} partial resyncs`}`] : []),
    ...(forks ? [`${partialErrors ? '' : 'the master '}forked ${forks === 1 ? 'once' : `${forks} times`}`] : []),
  ]
  return counts.length === 0 ? [] : [`In that time ${counts.join(' and ')}.`]
}

/** What ends the loop. */
export interface LoopRemedy {
  /** Why this setting. */
  readonly text: string
  readonly remedy: Remedy
}

/** The one setting that ends the loop; undefined if no setting would. */
export function loopRemedy(loop: ResyncLoop): LoopRemedy | undefined {
  const { master, limit, timeoutSeconds = DEFAULT_TIMEOUT_SECONDS } = loop
  switch (loop.cause) {
    case 'bgsave-failed':
      return undefined
    case 'left':
      return loop.impatient && longerTimeout(loop.impatient, loop.payloadSeconds)
    case 'timeout': {
      const seconds = Math.max(DEFAULT_TIMEOUT_SECONDS, 2 * timeoutSeconds, Math.ceil(2 * loop.payloadSeconds))
      const [replica = 'the replica'] = loop.replicas
      return {
        text: `repl-timeout of ${timeoutSeconds} s is shorter than the pauses of this full resync. Set it on both ends.`,
        remedy: timeoutRemedy(loop.isReplicaTimeout ? replica : master, seconds),
      }
    }
    case 'backlog': {
      const { version, writesBytesPerSecond, backlogBytes } = loop
      const [flavour = '', number = ''] = version.split(' ')
      return {
        text: `A larger backlog outlasts a link that is down for ${CUT_SECONDS} s.`,
        remedy: largerBacklog(master, { flavour, version: number, mode: '' }, writesBytesPerSecond * CUT_SECONDS, backlogBytes),
      }
    }
    case 'unseen':
      // What was seen fits no limit, so no setting is known to end it.
      return loop.bufferBytes !== undefined && limit ? undefined : largerBuffer(loop)
    default:
      return largerBuffer(loop)
  }
}

/** The likely cause, since no limit of the master was reached. */
function longerTimeout({ name, timeoutSeconds = 0 }: KnownReplica, payloadSeconds: number): LoopRemedy {
  const seconds = Math.max(DEFAULT_TIMEOUT_SECONDS, Math.ceil(2 * payloadSeconds))
  return {
    text: `repl-timeout of ${name} is ${timeoutSeconds} s, and a full resync takes about ${duration(payloadSeconds * 1000)}. A pause of ${timeoutSeconds} s breaks the link.`,
    remedy: timeoutRemedy(name, seconds),
  }
}

function timeoutRemedy(server: string, seconds: number): Remedy {
  return settingRemedy(server, [`CONFIG SET repl-timeout ${seconds}`], `A dead link is noticed after ${seconds} s.`)
}

function largerBuffer({ master, limit, neededBytes, writesBytesPerSecond, payloadSeconds }: ResyncLoop): LoopRemedy {
  return {
    text: `A full resync takes about ${duration(payloadSeconds * 1000)}, and the master writes ${human(Math.round(writesBytesPerSecond))}/s in that time.`,
    remedy: largerLimit(master, neededBytes, limit),
  }
}

/** Everything in one paragraph, for JSON and for a log. */
export function loopText(loop: ResyncLoop): string {
  const found = loopRemedy(loop)
  const remedy = found ? [remedySentences(found.remedy)] : []
  return ['RESYNC LOOP:', loopHeadline(loop), ...loopCause(loop), ...remedy].join(' ')
}

/** The counters look like a loop that was not seen. */
export function suspicionText({ master, fullResyncs, uptimeSeconds, replicas, sampleSeconds }: ResyncSuspicion): string {
  const count = replicas === 1 ? '1 replica' : `${replicas} replicas`
  return `${master} began ${fullResyncs} full resyncs in its uptime of ${duration(uptimeSeconds * 1000)}, and lists ${count} now. This may be a resync loop; use lag --sample ${sampleSeconds}s to see it.`
}

export function reconnectsText({ master, partialResyncs, overMs }: Reconnects): string {
  return `${master} granted ${partialResyncs} partial resyncs in ${duration(overMs)}: links to it broke and came back ${partialResyncs} times. The logs of both servers show the cause.`
}
