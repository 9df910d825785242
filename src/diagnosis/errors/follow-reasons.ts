/** Rows of reasons.ts: failures while following a stream. */
import { rows } from './template.ts'

const LARGER_BACKLOG =
  'To survive longer interruptions, on the master: CONFIG SET repl-backlog-size <size>, and CONFIG REWRITE to keep it. It takes that much memory.'
/** A split brain or a failover drops writes that no replica had, whatever the size of the backlog. */
const FEWER_LOST_WRITES = 'To limit how many writes a failover loses, set min-replicas-to-write on the master.'
const RESUME =
  'To resume: --from <replid>:<offset> with the last offset. tail resumes by itself unless --no-retry or --retry-max-time forbids it.'

/** The row for a history that cannot be resumed. @param why completes the first sentence @param prevention how to avoid it next time */
function gap<const Why extends string>(why: Why, prevention: string = LARGER_BACKLOG) {
  return {
    what: `The stream of {endpoint} cannot be resumed after offset {offset} (replid {replid}): ${why}.`,
    meaning: 'The commands after this offset are not available here. The run ended instead of skipping them silently.',
    next: {
      by: 'onGap',
      of: {
        fail: `To continue at the live end with a record of the gap: --on-gap skip. To take a full resync, which forks the server: --on-gap resync. ${prevention}`,
        skip: `Attaching at the live end failed too. Check the server log, or start again later with --from now. ${prevention}`,
        resync: `No stream followed the last full resync. Check the server log, or start again later with --from snapshot. ${prevention}`,
      },
    },
  } as const
}

/** PSYNC was answered by a full resync although INFO promised a partial one. */
const CONTRADICTION = {
  what: 'INFO and PSYNC of {endpoint} disagree: INFO promised a partial resync after offset {offset} (replid {replid}), and PSYNC got a full resync.',
  meaning:
    'Either this server serves no partial resyncs, or INFO and PSYNC reached different servers, or the position was lost between the two. We disconnected at once. The server may have forked, so PSYNC is not sent again.',
} as const

/** Without the right to read the limit this is a guess. */
const EXCEEDED = { by: 'limitBytes', of: {}, else: 'exceeded', absent: 'probably exceeded' } as const
const REPLICA_LIMIT = '{exceeded} its output buffer limit for replicas{limitBytes? ({limitBytes:exact} bytes)}'

const DISTANCE = '{distanceBytes? ({distanceBytes:exact} fewer)}'

const NO_LOOK_BACK = 'No action needed: tail reconnects without them. The database is unknown until the next SELECT.'

export const FOLLOW_REASONS = rows({
  MOVED: {
    what: '{endpoint} is no longer the master: the Sentinels or the cluster name another server.',
    meaning: 'A failover happened. The stream continues at the new master.',
    next: 'No action needed: tail follows the new master by itself. With --no-retry, run the same command again.',
  },
  STREAM_ENDED: {
    what: '{endpoint} closed the connection while we followed its stream.',
    meaning:
      'The server restarted, became a replica of another server, disconnected us (CLIENT KILL, output buffer limit), or the network failed.',
    next: RESUME,
  },
  LOOK_BACK_CUT: {
    what: `{endpoint} closed the connection: the {rangeBytes:exact} bytes of backlog that we requested ${REPLICA_LIMIT}.`,
    meaning: 'We requested them only to learn which database is selected. Nothing is lost.',
    next: {
      by: 'limitBytes',
      of: {},
      else: NO_LOOK_BACK,
      absent: `${NO_LOOK_BACK} To let tail see the limit beforehand, on {endpoint}: ACL SETUSER <user> +config|get. It also lets the user read masterauth and requirepass.`,
    },
    parts: { exceeded: EXCEEDED },
  },
  OUTPUT_BUFFER: {
    what: `{endpoint} closed the connection before it sent the first of {rangeBytes:exact} bytes: they ${REPLICA_LIMIT}.`,
    meaning:
      'A master up to version 6.2 copies the whole range from our position to its live end into our output buffer at once. The next attempt would end the same way.',
    next: 'On {endpoint}: CONFIG SET client-output-buffer-limit "{limitClass} {hardMb}mb {softMb}mb 60", and CONFIG REWRITE to keep it. Each replica may then use that much memory. --from now needs no such range.',
    parts: { exceeded: EXCEEDED },
  },
  SILENT: {
    what: 'Nothing arrived from {endpoint} for {silentMs:seconds}, not even a PING{infoFailure?, and INFO failed ({infoFailure:name})}.',
    meaning: 'The connection is dead: the server is down or hung, or its packets are lost.',
    next: RESUME,
  },
  SHUTDOWN: {
    what: '{endpoint} is shutting down and would wait for our ACK.',
    meaning: 'We disconnected at once, so that its shutdown is not delayed.',
    next: `Wait until the server is up again. ${RESUME}`,
  },
  NOT_SERVING: {
    what: 'INFO of {endpoint} shows that it serves no replicas now: {why}.',
    meaning: 'A replica that connects now is refused.',
    next: 'Try again later. INFO persistence (loading) and INFO replication on {endpoint} show when it is ready.',
    parts: {
      why: {
        by: 'obstacle',
        of: {
          LOADING: 'it is loading its data',
          NOMASTERLINK: 'the link to its own master is down',
          FAILOVER: 'it is handing over to another server (FAILOVER)',
        },
      },
    },
  },
  REPLICA_LAGS: {
    what: '{endpoint} has fewer bytes of this history than we have received.',
    meaning: 'This server has not received these bytes from its master yet, so it cannot continue the stream for us.',
    next: 'Try again later: it may catch up.',
  },
  NO_BACKLOG: {
    what: '{endpoint} has no replication backlog: no replica has connected yet, or the backlog was freed.',
    meaning: 'There is no live end to attach to. Any PSYNC starts a full resync, which forks the server and changes its replid.',
    next: 'To attach anyway, at the cost of one fork: --allow-fork. Servers from 7.0 on then send an empty RDB. To get the data too: --from snapshot.',
  },
  NOT_FOLLOWED: {
    what: '{endpoint} sent no stream within {limitMs:seconds} (--duration).',
    meaning: 'It did not answer in time, or it had not sent its whole snapshot yet, so there was nothing to show.',
    next: 'Use a longer --duration. redis-repl handshake shows how far the handshake with this server gets.',
  },
  RENAMED: {
    what: 'PSYNC was not sent to {endpoint}, where it is renamed to {command}.',
    meaning:
      'Most servers treat a renamed PSYNC as SYNC: they fork, and send an RDB without a replid and an offset. The stream after such an RDB cannot be followed.',
    next: 'To get that RDB: redis-repl dump-rdb. If the service answers this name as PSYNC: --allow-fork sends it, once.',
  },
  AS_SYNC: {
    what: '{endpoint} treated {command} as SYNC, as most servers do with a renamed PSYNC.',
    meaning:
      'SYNC gives no replid and no offset, so the stream after its RDB can be neither followed nor measured. We disconnected at once and did not try again.',
    next: 'To get that RDB: redis-repl dump-rdb. To follow the stream, the server needs PSYNC under its own name.',
  },
  NOT_GRANTED: {
    ...CONTRADICTION,
    next: 'The server log says why it chose a full resync. To take that full resync and follow the stream after it: redis-repl tail --from snapshot',
  },
  STREAM: {
    what: 'The stream of {endpoint} breaks the protocol at offset {offset}: {reply:excerpt}',
    meaning: 'Either these bytes do not come from a master, or the position does not belong to this history.',
    next: 'If you gave the offset yourself, check it. Otherwise please report this with the versions of the server and of redis-repl.',
  },
  SPOOL: {
    what: 'The spool, which stores the stream for a slow output, failed: {errno:words}.',
    meaning: 'Nothing is lost. The stream can be resumed at the offset that the output has reached.',
    next: 'Check the free space and the permissions of the spool folder (--spool-dir) and the size limit (--spool-max).',
  },
  SPOOL_FULL: {
    what: 'The reader of our output is {spooledBytes:exact} bytes behind, and the spool is full.',
    meaning: 'Everything received was written out. We disconnected, so that the output buffer on the master does not grow.',
    next: 'Resume from the last offset when the reader is ready. For a larger spool: --spool-max. For another reaction to a full spool: --on-full',
  },
  STATE_FILE: {
    what: 'The state file {path} cannot be used: {why}.',
    meaning: 'It holds the offset to resume from, so nothing was started without it.',
    next: 'Check its path and permissions. If it is damaged, delete it and start again with --from.',
    parts: { why: { by: 'problem', of: { UNREADABLE: '{errno:words}', UNWRITABLE: '{errno:words}', OTHER: 'it is not a {schema} file' } } },
  },
  // GAP
  OTHER_HISTORY: gap('the server has another history, because it restarted without its data, freed its backlog, or is another server'),
  BACKLOG_GONE: gap('the server has no backlog any more'),
  TOO_OLD: gap('the next{distanceBytes? {distanceBytes:exact}} bytes have been overwritten in the backlog'),
  AHEAD: gap(
    `the server has fewer bytes of this history than we have${DISTANCE}: it was restored from an older snapshot, or it lags behind`,
  ),
  DIVERGED: gap(
    `the new master had received fewer bytes than we have${DISTANCE} when it was promoted, and commands that were already shown are not in its history`,
    FEWER_LOST_WRITES,
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
    next: 'The server log says why it chose a full resync. To continue with a full resync: --on-gap resync. To try this position once more, run the same command again.',
  },
})
