/** Rows of reasons.ts: failures while following a stream. */
import { rows } from './template.ts'

const ROOM = 'A larger repl-backlog-size on the master bridges longer pauses.'
/** A split brain or a failover drops writes that no replica had, whatever the size of the backlog. */
const FEWER_LOST = 'min-replicas-to-write on the master limits how many writes a failover loses.'

/** The row for a history that cannot be continued. @param why completes the first sentence @param prevention how to avoid it next time */
function gap<const Why extends string>(why: Why, prevention: string = ROOM) {
  return {
    what: `The stream of {endpoint} cannot be continued behind offset {offset:exact} of {replid}: ${why}.`,
    meaning: 'Commands behind this offset are lost to us; nothing was skipped in silence.',
    next: {
      by: 'onGap',
      of: {
        fail: `--on-gap skip goes on at the live end and says what is missing; --on-gap resync takes a full resync. ${prevention}`,
        skip: `Its live end could not be attached to either: look at its log, or go on with --from now later. ${prevention}`,
        resync: `No stream has followed the last full resync: look at its log, or go on with --from snapshot later. ${prevention}`,
      },
    },
  } as const
}

/** PSYNC was answered by a full resync although INFO granted the position. */
const CONTRADICTION = {
  what: 'INFO and PSYNC of {endpoint} disagree: INFO grants a partial resync after offset {offset} of {replid}, PSYNC was answered by a full resync.',
  meaning:
    'This server serves no partial resyncs, INFO and PSYNC reached different servers, or the position was lost between the two. We disconnected at once. The server may have forked for it, so PSYNC is not sent again.',
} as const

/** Without the right to ask for the limit it is a guess. */
const OVERRAN = { by: 'limitBytes', of: {}, else: 'overran', absent: 'probably overran' } as const

const DISTANCE = '{distanceBytes? ({distanceBytes:exact} bytes)}'

export const FOLLOW_REASONS = rows({
  MOVED: {
    what: '{endpoint} is no longer the master; the Sentinels or the cluster name another server.',
    meaning: 'A failover: the stream goes on at the new master.',
    next: 'Nothing is to be done; without --no-retry it is taken up there.',
  },
  STREAM_ENDED: {
    what: '{endpoint} closed the connection while we followed its stream.',
    meaning: 'It was restarted, became a replica of another server, cut us off (CLIENT KILL, output buffer), or the network failed.',
    next: 'Go on from the last offset; tail does so by itself unless --no-retry or --retry-max-time forbids it.',
  },
  LOOK_BACK_CUT: {
    what: '{endpoint} closed the connection: the {rangeBytes:exact} bytes that we read of the past {overran} its output buffer limit for replicas{limitBytes? ({limitBytes:exact} bytes)}.',
    meaning: 'They are read only to learn which database is selected. Nothing is lost.',
    next: 'tail goes on without them by itself. The database is unknown until the next SELECT; a user with +config|get lets tail see the limit beforehand.',
    parts: { overran: OVERRAN },
  },
  OUTPUT_BUFFER: {
    what: '{endpoint} closed the connection before it sent the first of {rangeBytes:exact} bytes: they {overran} its output buffer limit for replicas{limitBytes? ({limitBytes:exact} bytes)}.',
    meaning:
      'A master up to version 6.2 copies the whole range from our position to its live end into our output buffer at once. The next attempt would end the same way.',
    next: 'On {endpoint}: CONFIG SET client-output-buffer-limit "{limitClass} {hardMb}mb {softMb}mb 60", and CONFIG REWRITE to keep it; each replica may then take that much memory. --from now needs no such range.',
    parts: { overran: OVERRAN },
  },
  SILENT: {
    what: 'Nothing came from {endpoint} for {silentMs:seconds}, not even a PING{infoFailure?, and INFO could not be had ({infoFailure:name})}.',
    meaning: 'The connection is dead: the server is gone, or the network swallows what it sends.',
    next: 'Go on from the last offset; tail does so by itself unless --no-retry or --retry-max-time forbids it.',
  },
  SHUTDOWN: {
    what: '{endpoint} shuts down, and would have waited for our ACK.',
    meaning: 'It was left at once, so that it ends without delay.',
    next: 'Go on from the last offset when a server is there again; tail does so by itself unless --no-retry or --retry-max-time forbids it.',
  },
  NOT_SERVING: {
    what: 'INFO of {endpoint} shows that it serves no replica now ({obstacle}).',
    meaning: 'It is loading, has lost its own master, or hands over to another server.',
    next: 'A later try may succeed.',
  },
  BEHIND_US: {
    what: '{endpoint} has less of the history than we have received.',
    meaning: 'It is a replica that lags behind the server we followed before.',
    next: 'It may catch up: a later try may succeed.',
  },
  NO_BACKLOG: {
    what: '{endpoint} has no replication backlog: no replica has connected yet, or the backlog was freed.',
    meaning: 'There is no live end to attach to. Any PSYNC starts a full resync, which forks the server and changes its replid.',
    next: 'To attach anyway, at the cost of one fork: --allow-fork. Servers from 7.0 on then send an empty RDB. To get the data too: --from snapshot.',
  },
  NOT_FOLLOWED: {
    what: 'Nothing was followed within {limitMs:seconds}: {endpoint} was not ready for us by then.',
    meaning: 'It did not answer in time, or its snapshot was still on its way, so there was no stream to show.',
    next: 'redis-repl handshake shows how far it goes with us; --duration leaves more time.',
  },
  RENAMED: {
    what: 'PSYNC was not sent to {endpoint}: it has another name there, {command}.',
    meaning:
      'Most servers take a PSYNC under another name for SYNC: they fork, and their RDB comes without a replid and an offset, so nothing behind it can be followed.',
    next: 'dump-rdb takes that RDB. Where the service answers this name as PSYNC, --allow-fork sends it, once.',
  },
  AS_SYNC: {
    what: '{endpoint} takes {command} for SYNC, as most servers do with a PSYNC under another name.',
    meaning:
      'SYNC comes without a replid and an offset, so nothing behind its RDB can be followed or measured. We left at once; nothing is asked a second time.',
    next: 'dump-rdb takes that RDB. To follow, the server has to have PSYNC under its own name.',
  },
  NOT_GRANTED: {
    ...CONTRADICTION,
    next: 'The log of the server says why it chose a full resync. redis-repl tail --from snapshot takes that full resync and follows the stream after it.',
  },
  STREAM: {
    what: 'The stream of {endpoint} breaks the protocol at offset {offset}: {reply:excerpt}',
    meaning: 'Either these bytes come from something that is no master, or the position does not belong to this history.',
    next: 'Please report it with the versions of the server and of redis-repl, unless the offset was your own.',
  },
  SPOOL: {
    what: 'The spool, which holds what the output is behind, failed ({errno}).',
    meaning: 'Nothing was lost: it can be taken up again where the output ended.',
    next: 'See --spool-dir and --spool-max, and the space in that folder.',
  },
  SPOOL_FULL: {
    what: 'The reader of our output is {spooledBytes:exact} bytes behind, and the spool is full.',
    meaning: 'What was received is written out; we left the master, so that nothing piles up there.',
    next: 'Go on from the last offset when the reader is ready; --spool-max gives it more room, --on-full decides otherwise.',
  },
  STATE_FILE: {
    what: 'The state file {path} cannot be used ({why}).',
    meaning: 'It says where to go on, so nothing was started without it.',
    next: 'Check its path and rights; if it is damaged, remove it and begin anew with --from.',
    parts: { why: { by: 'problem', of: { UNREADABLE: '{errno}', UNWRITABLE: '{errno}', OTHER: 'it is no {schema}' } } },
  },
  // GAP
  OTHER_HISTORY: gap('the server has another history: it was restarted without its data, freed its backlog, or is another server'),
  BACKLOG_GONE: gap('the server keeps no backlog any more'),
  TOO_OLD: gap(`what follows${DISTANCE} has been overwritten in the backlog`),
  AHEAD: gap(`the server has less of this history than we${DISTANCE}: it came back from an older snapshot, or lags behind`),
  DIVERGED: gap(
    `the new master had received less than we when it was promoted${DISTANCE}: commands that were shown are no part of its history`,
    FEWER_LOST,
  ),
  LOST_UNKNOWN: {
    what: 'The writes that {endpoint|the replica} would discard cannot be listed: {why}.',
    meaning: 'Nothing was sent to the server that could fork it, and nothing was changed.',
    next: 'Compare the data itself before the server becomes a replica. A dump keeps its state: redis-repl dump-rdb{endpoint? {endpoint}} -o before.rdb, which forks it once.',
    parts: {
      why: {
        by: 'problem',
        of: {
          NO_ANSWER: 'one of the two servers did not show its history',
          NO_COMMON_HISTORY: 'the two servers have no history in common',
          NO_BACKLOG: 'it has no backlog',
          OVERWRITTEN: 'they begin after offset {offset}, and its backlog begins at offset {oldest}',
        },
      },
    },
  },
  PAST_FORK: gap('the position is lost'),
  LOST: gap('the position is lost'),
  CONTRADICTED: {
    ...CONTRADICTION,
    next: 'The log of the server says why it chose a full resync. To go on with a full resync instead of this error: --on-gap resync. To try this position once more: run the same command again.',
  },
})
