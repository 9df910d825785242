/** A resync loop in words: how often, who, what cuts it, and the one setting that ends it. */
import { duration, exact, bytes as human } from '../units.ts'
import { largerLimitCommand } from './buffer-limit.ts'
import type { LoopCause, ResyncLoop } from './loop.ts'

const MEGABYTE = 1024 * 1024
/** What the backlog must outlast: the outages of a link that breaks again and again. */
const CUT_SECONDS = 60
const HEADROOM = 1.5

/** The verdict in one sentence, for a log and for a monitoring plugin. */
export function loopHeadline({ master, replicas, fullResyncs, overMs }: ResyncLoop): string {
  const who = replicas.length === 0 ? 'a replica' : replicas.join(', ')
  return `RESYNC LOOP: ${who} began ${fullResyncs} full resyncs from ${master} in ${duration(overMs)} and finished none that lasted.`
}

/** What cut it, as far as it was seen. One sentence per element. */
export function loopCause(loop: ResyncLoop): string[] {
  return [CAUSES[loop.cause](loop), ...countersText(loop)]
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
  unseen: ({ limit, bufferBytes }) =>
    limit && bufferBytes !== undefined
      ? `What cuts it was not seen: its output buffer held up to ${exact(bufferBytes)} bytes, and client-output-buffer-limit replica allows ${limit.hardBytes === 0 ? 'any size' : exact(limit.hardBytes)}. The logs of both servers say why.`
      : 'What cuts it was not seen. Most often it is client-output-buffer-limit replica or repl-timeout; +config|get and +client|list show that.',
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
  const { master, limit, neededBytes, writesBytesPerSecond, payloadSeconds, timeoutSeconds = 60 } = loop
  const where = `On ${master}; keep it with CONFIG REWRITE or in redis.conf.`
  switch (loop.cause) {
    case 'bgsave-failed':
      return undefined
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
    default: {
      const needs = `A full resync takes about ${duration(payloadSeconds * 1000)} and ${human(Math.round(writesBytesPerSecond))}/s are written meanwhile.`
      return {
        text: `${needs} ${where} A slow replica may then use that much of the master’s memory.`,
        command: largerLimitCommand(neededBytes, limit),
      }
    }
  }
}

/** Everything in one paragraph, for JSON and for a log. */
export function loopText(loop: ResyncLoop): string {
  const remedy = loopRemedy(loop)
  return [loopHeadline(loop), ...loopCause(loop), ...(remedy ? [`To end it: ${remedy.command}`] : [])].join(' ')
}
