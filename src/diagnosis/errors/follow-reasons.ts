/** The rows of reasons.ts that belong to following a stream. */
import { exact } from '../units.ts'
import { type Row, say, seconds, where } from './words.ts'

export const FOLLOW_REASONS: Record<string, Row> = {
  MOVED: [
    (d) => `${where(d)} is no longer the master; the Sentinels or the cluster name another server.`,
    'A failover: the stream goes on at the new master.',
    say('Nothing is to be done; without --no-retry it is taken up there.'),
  ],
  STREAM_ENDED: [
    (d) => `${where(d)} closed the connection while we followed its stream.`,
    'It was restarted, became a replica of another server, cut us off (CLIENT KILL, output buffer), or the network failed.',
    say('Go on from the last offset; tail does so by itself unless --no-retry or --retry-max-time forbids it.'),
  ],
  SILENT: [
    (d) => `Nothing came from ${where(d)} for ${seconds(d)}, not even a PING${d.given ? `, and INFO could not be had (${d.given})` : ''}.`,
    'The connection is dead: the server is gone, or the network swallows what it sends.',
    say('Go on from the last offset; tail does so by itself unless --no-retry or --retry-max-time forbids it.'),
  ],
  SHUTDOWN: [
    (d) => `${where(d)} shuts down, and would have waited for our ACK.`,
    'It was left at once, so that it ends without delay.',
    say(
      'Go on from the last offset when a server is there again; tail does so by itself unless --no-retry or --retry-max-time forbids it.',
    ),
  ],
  NOT_SERVING: [
    (d) => `INFO of ${where(d)} shows that it serves no replica now (${d.reply}).`,
    'It is loading, has lost its own master, or hands over to another server.',
    say('A later try may succeed.'),
  ],
  BEHIND_US: [
    (d) => `${where(d)} has less of the history than we have received.`,
    'It is a replica that lags behind the server we followed before.',
    say('It may catch up: a later try may succeed.'),
  ],
  NO_BACKLOG: [
    (d) => `${where(d)} keeps no backlog: no replica has been here, or it was freed.`,
    'There is no live end to attach to: any PSYNC would be a full resync, which forks the server and changes its replid.',
    say(
      '--allow-fork attaches all the same, with an empty RDB where the server can make one (7.0 and later); --from snapshot takes the data too.',
    ),
  ],
  NOT_FOLLOWED: [
    (d) => `Nothing was followed within ${seconds(d)}: ${where(d)} was not ready for us by then.`,
    'It did not answer in time, or its snapshot was still on its way, so there was no stream to show.',
    say('redis-repl handshake shows how far it goes with us; --duration leaves more time.'),
  ],
  RENAMED: [
    (d) => `PSYNC was not sent to ${where(d)}: it has another name there, ${d.command}.`,
    'Most servers take a PSYNC under another name for SYNC: they fork, and their RDB comes without a replid and an offset, so nothing behind it can be followed.',
    say('dump-rdb takes that RDB. Where the service answers this name as PSYNC, --allow-fork sends it, once.'),
  ],
  AS_SYNC: [
    (d) => `${where(d)} takes ${d.command} for SYNC, as most servers do with a PSYNC under another name.`,
    'SYNC comes without a replid and an offset, so nothing behind its RDB can be followed or measured. We left at once; nothing is asked a second time.',
    say('dump-rdb takes that RDB. To follow, the server has to have PSYNC under its own name.'),
  ],
  STREAM: [
    (d) => `The stream of ${where(d)} breaks the protocol at offset ${d.offset}: ${JSON.stringify(d.reply?.slice(0, 40))}`,
    'Either these bytes come from something that is no master, or the position does not belong to this history.',
    say('Please report it with the versions of the server and of redis-repl, unless the offset was your own.'),
  ],
  SPOOL: [
    (d) => `The spool, which holds what the output is behind, failed (${d.errno}).`,
    'Nothing was lost: it can be taken up again where the output ended.',
    say('See --spool-dir and --spool-max, and the space in that folder.'),
  ],
  SPOOL_FULL: [
    (d) => `The reader of our output is ${exact(d.bytes ?? 0)} bytes behind, and the spool is full.`,
    'What was received is written out; we left the master, so that nothing piles up there.',
    say('Go on from the last offset when the reader is ready; --spool-max gives it more room, --on-full decides otherwise.'),
  ],
  STATE_FILE: [
    (d) => `The state file ${d.path} cannot be used (${d.errno}).`,
    'It says where to go on, so nothing was started without it.',
    say('Check its path and rights; if it is damaged, remove it and begin anew with --from.'),
  ],
}
