/** One row per reason of a failure: what happened, what it means, what to do next. errors.ts picks the row. */
import { FOLLOW_REASONS } from './follow-reasons.ts'
import { TLS_REASONS } from './tls-reasons.ts'
import { TREE_REASONS } from './tree-reasons.ts'
import { afterCut, answered, bufferSeen, during, fate, MINIMAL_ACL, type Row, say, seconds, where } from './words.ts'

const WRITE_ADVICE: Record<string, string> = {
  EPIPE: 'The reader of the pipe ended early: look at its own messages.',
  ENOSPC: 'The disk is full: free some room, or write elsewhere.',
  EDQUOT: 'The quota of this user is used up: free some room, or write elsewhere.',
  EFBIG: 'The file would grow beyond what this user or file system may have: see ulimit -f.',
  ENOENT: 'The folder does not exist: create it first.',
}

const NO_INFO = 'Without INFO nothing can be compared.'
const HANDSHAKE = 'redis-repl handshake shows how far a replica gets without INFO'
const ASK_FOR_INFO = `Ask the provider for INFO; ${HANDSHAKE}.`
const isInfo = (command: string | undefined) => command?.toUpperCase().startsWith('INFO') === true

export const REASONS: Record<string, Row> = {
  ...FOLLOW_REASONS,
  ...TREE_REASONS,
  ...TLS_REASONS,
  // MASTER_UNREACHABLE, TIMEOUT
  REFUSED_CONNECTION: [
    (d) => `${where(d)} refused the connection (${d.errno}).`,
    'Nothing listens on that port, or a firewall rejects it.',
    say('Check host and port; on the server: redis-cli -p <port> PING, and its bind setting.'),
  ],
  REFUSED_SOCKET: [
    (d) => `${where(d)} refused the connection (${d.errno}).`,
    'The socket is there, but nobody listens on it: the server that made it has ended, or its queue of connections is full.',
    say('Start the server, or look up where its socket is: redis-cli CONFIG GET unixsocket'),
  ],
  LOOKUP: [
    (d) => `The host name of ${where(d)} was not resolved within ${seconds(d)}.`,
    'No DNS server answered in time; the server itself was not contacted.',
    say('Check the DNS servers of this machine, or use an IP address; --connect-timeout waits longer.'),
  ],
  UNKNOWN_HOST: [
    (d) => `The host name of ${where(d)} cannot be resolved (${d.errno}).`,
    'No DNS server or hosts file knows this name, or none could be asked.',
    say('Check the spelling, or use an IP address.'),
  ],
  WRONG_FAMILY: [
    (d) => `${where(d)} is no address for ${d.given}.`,
    '-4 takes IPv4 addresses only, and -6 IPv6.',
    say('Leave it out, or name the server by a host name that has both.'),
  ],
  NO_SOCKET: [
    (d) => `There is no socket at ${where(d)}.`,
    'The server is not running, or its unixsocket setting names another path.',
    say('redis-cli CONFIG GET unixsocket'),
  ],
  SOCKET_DENIED: [
    (d) => `${where(d)} may not be opened by this user (${d.errno}).`,
    "The socket's permissions (unixsocketperm) exclude this user.",
    say('Run as a user in the group of the socket.'),
  ],
  CONNECT: [
    (d) => `${where(d)} did not accept the connection within ${seconds(d)}.`,
    'The host is down, or a firewall drops the packets silently.',
    say('Check the address and the way to it; --connect-timeout waits longer.'),
  ],
  SILENCE: [
    (d) => `${where(d)} sent nothing for ${seconds(d)}${during(d)}.`,
    'The server hangs (a slow script, swapping, SIGSTOP), the network lost it, or something else listens on that port.',
    (d) =>
      d.state === 'TRANSFER' || d.state === 'RECEIVE_PSYNC'
        ? 'Look at the server’s log; --silence-timeout waits longer.'
        : 'Try redis-cli PING on the same address; --step-timeout waits longer.',
  ],
  // AUTH_REQUIRED, AUTH_FAILED, NO_PERMISSION
  NOAUTH: [
    answered,
    'The server wants a password and none was given, so no replica could attach.',
    say('Give one: REDISCLI_AUTH=… redis-repl …, --pass-file FILE, or --user NAME with it.'),
  ],
  WRONGPASS: [
    answered,
    'The user name or the password is wrong, or the user is switched off.',
    say('Compare with ACL LIST on the server; without --user the password is that of the user "default".'),
  ],
  NO_USERS: [answered, 'This server is older than ACL users (Redis 6.0): AUTH takes a password alone.', say('Leave --user out.')],
  NOPERM: [
    answered,
    'The user exists but lacks the right to this command; a replica needs ping, replconf and psync, and no keys.',
    say(`On the server: ${MINIMAL_ACL}`),
  ],
  PROTECTED_MODE: [
    (d) => `${where(d)} refuses every client from another host: "-${d.reply}"`,
    'Protected mode is on: the server has no password and is bound so that strangers could reach it.',
    say('Set a password (requirepass or ACL) on the server, or connect from the host itself.'),
  ],
  // TRY_LATER
  LOADING: [
    answered,
    'The server is still reading its dataset from disk; replicas wait until it is done.',
    say('Try again later; redis-cli INFO persistence shows loading_eta_seconds.'),
  ],
  FAILOVER: [
    answered,
    'This master is handing over to one of its replicas (FAILOVER) and takes nobody up until that is done.',
    say('Ask again in a moment, then at the new master; FAILOVER ABORT calls it off.'),
  ],
  NOMASTERLINK: [
    answered,
    'This server is itself a replica and has no link to its master at the moment, so it has nothing it could vouch for.',
    say('Look at master_link_status in INFO replication there, or ask its master.'),
  ],
  MASTERDOWN: [
    answered,
    'This server is a replica without its master and is set to answer nothing then (replica-serve-stale-data no).',
    say('Look at master_link_status in INFO replication there, or ask its master.'),
  ],
  BUSY: [
    answered,
    'A script or function has been running for so long that the server answers nobody else.',
    say('redis-cli SCRIPT KILL or FUNCTION KILL, if it has written nothing yet; otherwise wait.'),
  ],
  MISCONF: [
    answered,
    'The last save to disk failed and the server refuses writes until one succeeds; a replica gives up at this reply.',
    say('Mend the disk (see the server’s log) and run BGSAVE. redis-repl dump-rdb still works: PSYNC is not blocked.'),
  ],
  MAX_CLIENTS: [
    answered,
    'All client slots of the server are taken.',
    say('redis-cli CLIENT LIST shows by whom; CONFIG SET maxclients raises the limit.'),
  ],
  // NOT_SUPPORTED
  UNKNOWN_COMMAND: [
    answered,
    ({ command, given = 'The command is disabled or renamed, as managed services do, or this is a proxy.' }) =>
      isInfo(command)
        ? `${given} ${NO_INFO}`
        : `This server does not let replicas in. ${given} What INFO tells still works: redis-repl lag.`,
    ({ command }) =>
      isInfo(command)
        ? ASK_FOR_INFO
        : 'Ask the provider for replication access; where the command has another name: --psync-command NAME or --sync-command NAME.',
  ],
  NO_POSITION: [
    (d) => `INFO of ${where(d)} shows no replication offset.`,
    'Without it there is nothing to compare and nothing to ask for.',
    say('See what INFO replication prints there: it should have master_replid and master_repl_offset.'),
  ],
  SENTINEL: [
    (d) => `${where(d)} is a Sentinel.`,
    'Sentinels watch masters and hold no data; nobody can replicate from one.',
    say('Let it name the master: redis-sentinel://host:port/NAME, or --sentinel host:port --master-name NAME.'),
  ],
  REFUSED: [
    answered,
    ({ given = 'The server refuses for a reason this tool has no advice for; its own words above are all there is.' }) => given,
    ({ command }) => `Look at the server’s log at this moment; ${isInfo(command) ? HANDSHAKE : 'redis-repl lag works by INFO alone'}.`,
  ],
  // NOT_REDIS
  HTTP: [
    (d) => `${where(d)} answered like a web server: "${d.reply}"`,
    'An HTTP server listens on that port, not a Redis.',
    say('Check the port.'),
  ],
  SSH: [(d) => `${where(d)} answered "${d.reply}"`, 'An SSH server listens on that port.', say('Check the port.')],
  SMTP_OR_FTP: [(d) => `${where(d)} answered "${d.reply}"`, 'A mail or file server listens on that port.', say('Check the port.')],
  MEMCACHED: [(d) => `${where(d)} answered "${d.reply}"`, 'A memcached listens on that port.', say('Check the port.')],
  // LINK_LOST
  CLOSED: [
    (d) => `${where(d)} closed the connection${during(d)} without an answer.`,
    ({ state }) =>
      state === 'RECEIVE_PONG'
        ? 'Typical of a proxy without a backend, of a full client table, and of a server that is shutting down.'
        : 'The server is shutting down, its BGSAVE could not start, or somebody cut the link (CLIENT KILL).',
    ({ state }) =>
      state === 'RECEIVE_PONG'
        ? 'Try redis-cli PING on the same address, and look at the server’s log.'
        : 'Look at the server’s log at this moment.',
  ],
  RESET: [
    (d) => `The connection to ${where(d)} was reset${during(d)} (${d.errno}).`,
    'The server or something between cut it: a restart, CLIENT KILL, a full client table, or a firewall.',
    say('Look at the server’s log at this moment.'),
  ],
  STREAM_CUT: [
    (d) => `${where(d)} closed the connection while we were catching up with its stream.`,
    (d) => `Typical of an output buffer that ran over${bufferSeen(d)}: a real replica would begin again, with another fork.`,
    afterCut,
  ],
  NO_PAYLOAD: [
    (d) => `${where(d)} closed the connection before the first byte of the RDB.`,
    (d) =>
      `The master’s BGSAVE failed or was killed, or its output buffer for us ran over${bufferSeen(d)}: it says so in its log only. Memory overcommit, disk space and data that the chosen RDB version cannot hold are the usual causes of a failure.`,
    afterCut,
  ],
  SYNC_ABORTED: [
    answered,
    'The master gave the sync up, usually because it could not fork.',
    say('Look at the master’s log; vm.overcommit_memory and free memory decide over fork().'),
  ],
  BGSAVE_FAILED: [
    answered,
    'The master could not fork, or could not write its RDB.',
    say('Look at the master’s log; vm.overcommit_memory and free memory decide over fork().'),
  ],
  // PROTOCOL
  LINE_TOO_LONG: [
    (d) => `${where(d)} sent a line of more than ${d.expectedBytes} bytes${during(d)}.`,
    'No Redis answers so; something else listens on that port, or the link is corrupted.',
    say('Check the port; -vv shows the bytes.'),
  ],
  PAYLOAD_HEADER: [
    (d) => `${where(d)} announced the RDB with "${d.reply}".`,
    'Expected was $<length> or $EOF:<40 characters>; nothing that follows could be trusted.',
    say('Please report it with the output of -vv.'),
  ],
  PSYNC_REPLY: [
    (d) => `${where(d)} answered PSYNC with "${d.reply}".`,
    'No known server answers so; what follows cannot be understood.',
    say('Please report it with the output of -vv.'),
  ],
  NOT_A_STATUS: [
    (d) => `${where(d)} answered ${d.command ?? ''} with "${d.reply}"${during(d)}.`,
    'A Redis answers this command with a status or an error line.',
    say('Check that the port belongs to a Redis or Valkey server.'),
  ],
  NOT_RESP: [
    (d) => `${where(d)} sent bytes that are no reply: "${d.reply}"`,
    'Something else listens on that port, or a proxy garbles the connection.',
    say('Check that the port belongs to a Redis or Valkey server.'),
  ],
  REPLY_TOO_LARGE: [
    (d) => `${where(d)} announced a reply of absurd size.`,
    'No Redis answers so; something else listens on that port, or it means harm.',
    say('Check that the port belongs to a Redis or Valkey server.'),
  ],
  // PAYLOAD_TRUNCATED, PAYLOAD_CORRUPT
  MAGIC: [
    (d) => `The payload does not begin like an RDB${d.reply ? `: "${d.reply}"` : ''}.`,
    (d) => `This is no snapshot. ${fate(d)}`,
    say('Look at the master’s log; try again, and compare with BGSAVE on the master.'),
  ],
  TRAILER: [
    (d) => `The payload of ${d.bytes} bytes does not end like an RDB.`,
    (d) => `Something is missing or was added at its end. ${fate(d)}`,
    say('Try again; if it happens twice, look at what lies between here and the master.'),
  ],
  CHECKSUM: [
    (d) => `The CRC64 of the ${d.bytes} bytes received is not the one the master wrote.`,
    (d) => `Bytes were changed on the way, or in the master’s memory. ${fate(d)}`,
    say('Try again; if it happens twice, suspect the memory and the network of the master.'),
  ],
  // OUTPUT_FAILED, USAGE
  NO_SPACE: [
    (d) => `${d.path} needs ${d.expectedBytes} bytes and its file system has ${d.bytes} free.`,
    'The snapshot would not fit; nothing was received.',
    say('Free some room, name another place with -o, or stream it: redis-repl dump-rdb | …'),
  ],
  NOT_A_FOLDER: [
    (d) => `${d.path} exists and is no folder.`,
    'A dump of a cluster is a folder with a file for each shard.',
    say('Name another place with -o.'),
  ],
  NO_ZSTD: [
    (d) => `This Node (${d.given}) has no zstd.`,
    'It came with Node 22.15; nothing was contacted.',
    say('Take --gzip, or pipe: redis-repl dump-rdb HOST | zstd > snapshot.rdb.zst'),
  ],
  NOT_A_DUMP: [
    (d) => `${d.path} holds more than a dump of a cluster.`,
    '--force replaces an earlier dump, or an empty folder; everything else in it would be lost.',
    say('Name another folder with -o, or remove what is in this one yourself.'),
  ],
  NOT_A_FILE: [
    (d) => `${d.path} exists and is no ordinary file.`,
    'A snapshot is written beside its name and renamed, which only works for files.',
    say('Name a file, or redirect: redis-repl dump-rdb > …'),
  ],
  WRITE: [
    (d) => `Writing to ${d.path} failed (${d.errno}).`,
    (d) => `The output is incomplete. ${fate(d)}`,
    (d) => WRITE_ADVICE[d.errno ?? ''] ?? 'Check room and permissions of the place it goes to.',
  ],
  TERMINAL: [
    say('An RDB is binary and stdout is a terminal.'),
    'It would garble the screen; nothing was contacted.',
    say('Redirect it (redis-repl dump-rdb > snapshot.rdb) or name a file (-o snapshot.rdb).'),
  ],
  BAD_TARGET: [
    (d) => `"${d.given}" names no server.`,
    'Expected: host, host:port, [v6]:port, redis://[user:password@]host[:port], rediss:// with TLS, unix:///path, or redis-sentinel://host/NAME.',
    ({ errno = 'Percent-encode special characters of a password: @ is %40, : is %3A, / is %2F.' }) => errno,
  ],
  FLAGS: [
    (d) => `${d.given}`,
    'The command line cannot be used; nothing was contacted.',
    say('redis-repl --help lists commands and flags.'),
  ],
  CONFIG_FILE: [
    (d) => `The settings in ${d.path} cannot be used: ${d.errno}.`,
    'Nothing was contacted.',
    say('[defaults] and [profiles.NAME] hold long flags by name, as in connect-timeout = 3; --config FILE takes another file.'),
  ],
  PASS_FILE: [
    (d) => `The password file ${d.path} cannot be used: ${d.errno}.`,
    'Nothing was contacted.',
    say('Its first line has to be the password: check its name, permissions and content.'),
  ],
}
