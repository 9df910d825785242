/** A resync loop in words: how often, who, what cuts it, and the one setting that ends it. */
import { duration, exact, bytes as human } from '../units.ts'
import { largerLimitCommand } from './buffer-limit.ts'
import type { LoopCause } from './cause.ts'
import { type KnownReplica, type ResyncLoop, versionText } from './loop.ts'
import type { Reconnects, ResyncSuspicion } from './report.ts'

const MEGABYTE = 1024 * 1024
/** What the backlog must outlast: the outages of a link that breaks again and again. */
const CUT_SECONDS = 60
const HEADROOM = 1.5

/** The verdict in one sentence, for a log and for a monitoring plugin. */
export function loopHeadline({ master, replicas, fullResyncs, overMs, onlineMs }: ResyncLoop): string {
  const who = replicas.length === 0 ? 'a replica' : replicas.join(', ')
  const outcome =
    onlineMs === undefined ? ' and finished none that lasted' : `; the last one has been online for ${duration(onlineMs)} so far`
  return `RESYNC LOOP: ${who} began ${fullResyncs} full resyncs from ${master} in ${duration(overMs)}${outcome}.`
}

/** What cut it, as far as it was seen. One sentence per element. */
export function loopCause(loop: ResyncLoop): string[] {
  return [CAUSES[loop.cause](loop), ...(loop.cause === 'left' ? versionsText(loop) : []), ...countersText(loop)]
}

type Words = (loop: ResyncLoop) => string

const CAUSES: Record<LoopCause, Words> = {
  'hard-limit': ({ limit, bufferBytes }) =>
    `The master cuts it at client-output-buffer-limit replica, hard limit ${exact(limit?.hardBytes ?? 0)} bytes: ${seenText(bufferBytes)}.`,
  'soft-limit': ({ limit, bufferBytes }) =>
    `The master cuts it at client-output-buffer-limit replica, soft limit ${exact(limit?.softBytes ?? 0)} bytes for ${limit?.softSeconds ?? 0} s: ${seenText(bufferBytes)}.`,
  timeout: ({ timeoutSeconds, isReplicaTimeout }) =>
    `${isReplicaTimeout ? 'It leaves' : 'It is cut'} after about ${timeoutSeconds} s, which is repl-timeout of ${isReplicaTimeout ? 'the replica' : 'the master'}: for that long nothing came from the other end.`,
  'bgsave-failed': () => 'The master’s BGSAVE fails (rdb_last_bgsave_status:err), so no RDB is sent. Its log says why: disk space, memory.',
  backlog: ({ backlogBytes }) =>
    `Each resync ended, then the link broke and the backlog${backlogBytes === undefined ? '' : ` of ${human(backlogBytes)}`} no longer held what the replica lacked.`,
  left: (loop) =>
    `${notCutText(loop)} The replica left by itself, or its link broke. Its log says why: an RDB that it cannot write or load (a newer master’s, for example), memory, a restart.`,
  unseen: ({ missingRights, limit, bufferBytes }) => {
    if (missingRights.length > 0)
      return `What cuts it was not seen, because this user lacks ${missingRights.join(' and ')}. Most often it is client-output-buffer-limit replica or repl-timeout.`
    const seen = limit && bufferBytes !== undefined ? ` Its output buffer held up to ${exact(bufferBytes)} bytes.` : ''
    return `What cuts it was not seen.${seen} The logs of both servers say why.`
  },
}

function notCutText({ limit, bufferBytes }: ResyncLoop): string {
  if (bufferBytes === undefined || !limit) return 'The master wrote too little to fill its output buffer.'
  const { hardBytes } = limit
  return `The master did not cut it at client-output-buffer-limit: CLIENT LIST showed up to ${exact(bufferBytes)} bytes of ${hardBytes === 0 ? 'any number' : exact(hardBytes)}.`
}

/** An older replica may not know the format of the RDB (rdb.c, rdbLoadRio: "Can't handle RDB format version"). */
function versionsText({ master, version, otherVersions }: ResyncLoop): string[] {
  if (otherVersions.length === 0) return []
  const others = otherVersions.map(({ name, identity }) => `${name} runs ${versionText(identity)}`).join(', ')
  return [`${master} runs ${version}, and ${others}: a replica that is older than its master may not be able to load its RDB.`]
}

function seenText(bufferBytes: number | undefined): string {
  return bufferBytes === undefined
    ? 'the master wrote as much while the RDB was on its way (CLIENT LIST was not available)'
    : `CLIENT LIST showed up to ${exact(bufferBytes)} bytes in its output buffer (omem)`
}

function countersText({ partialErrors, forks }: ResyncLoop): string[] {
  const counts = [
    ...(partialErrors ? [`the master refused ${partialErrors === 1 ? 'a partial resync' : `${partialErrors} partial resyncs`}`] : []),
    ...(forks ? [`${partialErrors ? '' : 'the master '}forked ${forks === 1 ? 'once' : `${forks} times`}`] : []),
  ]
  return counts.length === 0 ? [] : [`In that time ${counts.join(' and ')}.`]
}

/** The one setting that ends the loop, with where to set it and what it costs. Undefined if no setting would. */
export function loopRemedy(loop: ResyncLoop): { readonly text: string; readonly command: string } | undefined {
  const { master, limit, writesBytesPerSecond, payloadSeconds, timeoutSeconds = 60 } = loop
  const where = `On ${master}; keep it with CONFIG REWRITE or in redis.conf.`
  switch (loop.cause) {
    case 'bgsave-failed':
      return undefined
    case 'left':
      return loop.impatient && longerTimeout(loop.impatient, payloadSeconds)
    case 'timeout': {
      const seconds = Math.max(60, 2 * timeoutSeconds, Math.ceil(2 * payloadSeconds))
      return {
        text: `${loop.isReplicaTimeout ? 'On the replica' : 'On the master'}; keep it with CONFIG REWRITE or in redis.conf, and set it on the other end too. A dead link is noticed that much later.`,
        command: `CONFIG SET repl-timeout ${seconds}`,
      }
    }
    case 'backlog': {
      const megabytes = Math.max(1, Math.ceil((Math.max(writesBytesPerSecond * CUT_SECONDS, loop.backlogBytes ?? 0) * HEADROOM) / MEGABYTE))
      return {
        text: `${where} It takes that much memory and outlasts a cut of ${CUT_SECONDS} s.`,
        command: `CONFIG SET repl-backlog-size ${megabytes}mb`,
      }
    }
    case 'unseen':
      // What was seen did not fit any limit, so no setting is known to end it.
      return loop.bufferBytes !== undefined && limit ? undefined : largerBuffer(loop, where)
    default:
      return largerBuffer(loop, where)
  }
}

/** Most likely, since no limit of the master was reached. */
function longerTimeout({ name, timeoutSeconds = 0 }: KnownReplica, payloadSeconds: number) {
  const why = `Its repl-timeout is ${timeoutSeconds} s, and a full resync takes about ${duration(payloadSeconds * 1000)}: a pause of ${timeoutSeconds} s in it ends the link.`
  const seconds = Math.max(60, Math.ceil(2 * payloadSeconds))
  return {
    text: `${why} On ${name}; keep it with CONFIG REWRITE or in redis.conf. A dead link is noticed that much later.`,
    command: `CONFIG SET repl-timeout ${seconds}`,
  }
}

function largerBuffer({ limit, neededBytes, writesBytesPerSecond, payloadSeconds }: ResyncLoop, where: string) {
  const needs = `A full resync takes about ${duration(payloadSeconds * 1000)} and ${human(Math.round(writesBytesPerSecond))}/s are written meanwhile.`
  return {
    text: `${needs} ${where} A slow replica may then use that much of the master’s memory.`,
    command: largerLimitCommand(neededBytes, limit),
  }
}

/** Everything in one paragraph, for JSON and for a log. */
export function loopText(loop: ResyncLoop): string {
  const remedy = loopRemedy(loop)
  return [loopHeadline(loop), ...loopCause(loop), ...(remedy ? [`To end it: ${remedy.command}`] : [])].join(' ')
}

/** The counters look like a loop that we did not see. */
export function suspicionText({ master, fullResyncs, uptimeSeconds, replicas, sampleSeconds }: ResyncSuspicion): string {
  const whom = replicas === 1 ? '1 replica' : `${replicas} replicas`
  return `${master} began ${fullResyncs} full resyncs in its uptime of ${duration(uptimeSeconds * 1000)}, and lists ${whom} now. Whether that is a resync loop was not seen; lag --sample ${sampleSeconds}s would show it.`
}

export function reconnectsText({ master, partialResyncs, overMs }: Reconnects): string {
  return `${master} granted ${partialResyncs} partial resyncs in ${duration(overMs)}: links to it broke and came back ${partialResyncs} times. The logs of both servers say why.`
}
