/** Rows of reasons.ts: the server is unreachable, the link broke, or something other than a Redis server answered. */
import { ANSWERED, afterCut, BUFFER_SEEN } from './parts.ts'
import { rows } from './template.ts'

const CHECK_LOG = 'Check the server log for this time.'
const CHECK_LOG_OR_WAIT = 'Check the server log. To wait longer: --silence-timeout'
const CLOSING_PROXY = 'Typical of a proxy that closes the connection when it gets a command it does not know (twemproxy, older Codis).'
const BYPASS_PROXY =
  'If you connect through a proxy, use the address of the Redis server itself. If there is no proxy, check the server log for this time.'

const CLOSED_EARLY = 'Typical of a proxy without a backend, of a server at its connection limit, and of a server that is shutting down.'
const TRY_PING = 'Try redis-cli PING on the same address, and check the server log.'
const CHECK_PORT = 'Check that the port belongs to a Redis or Valkey server.'
const CHECK_FORK =
  'Check the log and the free memory of the master, and its vm.overcommit_memory (sysctl vm.overcommit_memory): they decide whether fork() succeeds.'
const REPORT_BYTES = 'Please report this with the output of -vv.'
const UNKNOWN_ANSWER = 'No known server answers like this, so the bytes after it cannot be understood.'

export const LINK_REASONS = rows({
  // MASTER_UNREACHABLE, TIMEOUT
  CONNECTION_REFUSED: {
    what: '{endpoint} refused the connection ({errno}).',
    meaning: 'No server listens on that port, or a firewall rejects the connection.',
    next: 'Check host and port. On the server: redis-cli -p <port> PING, and redis-cli -p <port> CONFIG GET bind',
  },
  SOCKET_REFUSED: {
    what: '{endpoint} refused the connection ({errno}).',
    meaning:
      'The socket file exists, but no server accepts connections on it: the server that created it has ended, or its queue of connections is full.',
    next: 'Start the server, or look up where its socket is: redis-cli CONFIG GET unixsocket',
  },
  LOOKUP: {
    what: 'The host name of {endpoint} was not resolved within {limitMs:seconds}.',
    meaning: 'No DNS server answered in time. The server itself was not contacted.',
    next: 'Check the DNS servers of this machine, or use an IP address. To wait longer: --connect-timeout',
  },
  UNKNOWN_HOST: {
    what: 'The host name of {endpoint} cannot be resolved ({errno}).',
    meaning: 'No DNS server or hosts file knows this name, or no DNS server is reachable.',
    next: 'Check the spelling, or use an IP address.',
  },
  WRONG_FAMILY: {
    what: '{endpoint} is not an IPv{family} address, and -{family} allows only those.',
    meaning: 'The server was not contacted.',
    next: 'Leave -{family} out, or use a host name that has an IPv{family} address.',
  },
  NO_SOCKET: {
    what: 'There is no socket at {endpoint}.',
    meaning: 'The server is not running, or its unixsocket setting names another path.',
    next: 'Look up the path: redis-cli CONFIG GET unixsocket',
  },
  SOCKET_DENIED: {
    what: 'This user may not open {endpoint} ({errno}).',
    meaning: 'The permissions of the socket (unixsocketperm) exclude this user.',
    next: 'Run as a user in the group of the socket.',
  },
  UNREACHABLE: {
    what: '{endpoint} cannot be reached ({errno}).',
    meaning: 'No connection was made.',
    next: 'Check the address and the route to it.',
  },
  CONNECT: {
    what: '{endpoint} did not accept the connection within {limitMs:seconds}.',
    meaning: 'The host is down, or a firewall drops the packets.',
    next: 'Check the address and the route to it. To wait longer: --connect-timeout',
  },
  SILENCE: {
    what: '{endpoint} sent {what} {limitMs:seconds}{state? in {state}}.',
    meaning:
      'The server is hung (a slow script, swapping, SIGSTOP), its packets are lost, or something other than Redis listens on that port.',
    next: {
      by: 'state',
      of: { TRANSFER: CHECK_LOG_OR_WAIT, RECEIVE_PSYNC: CHECK_LOG_OR_WAIT },
      else: 'Try redis-cli PING on the same address. To wait longer: --step-timeout',
    },
    parts: {
      what: {
        by: 'incomplete',
        of: { NEWLINES: 'only newlines for', REPLY: 'no complete reply within' },
        absent: 'nothing for',
      },
    },
  },
  // NOT_REDIS
  HTTP: {
    what: '{endpoint} answered like a web server: "{reply}"',
    meaning: 'An HTTP server listens on that port, not Redis.',
    next: CHECK_PORT,
  },
  SSH: {
    what: '{endpoint} answered like an SSH server: "{reply}"',
    meaning: 'An SSH server listens on that port, not Redis.',
    next: CHECK_PORT,
  },
  SMTP_OR_FTP: {
    what: '{endpoint} answered like a mail or FTP server: "{reply}"',
    meaning: 'A mail or FTP server listens on that port, not Redis.',
    next: CHECK_PORT,
  },
  MEMCACHED: {
    what: '{endpoint} answered like memcached: "{reply}"',
    meaning: 'Memcached listens on that port, not Redis.',
    next: CHECK_PORT,
  },
  OTHER_SERVICE: {
    what: '{endpoint} is not Redis: it answered "{reply}"',
    meaning: 'No reply of Redis begins like this. Another service listens on that port.',
    next: CHECK_PORT,
  },
  // LINK_LOST
  CLOSED: {
    what: '{endpoint} closed the connection{state? in {state}} without an answer.',
    meaning: {
      by: 'state',
      of: {
        RECEIVE_PONG: CLOSED_EARLY,
        RECEIVE_NAME: CLOSING_PROXY,
        RECEIVE_PORT: CLOSING_PROXY,
        QUERY: `${CLOSED_EARLY} Or of a proxy that closes the connection when it gets a command it does not know (twemproxy, older Codis).`,
      },
      else: 'The server is shutting down, its BGSAVE could not start, a proxy closed an idle connection, or the connection was killed (CLIENT KILL).',
    },
    next: {
      by: 'state',
      of: {
        RECEIVE_PONG: TRY_PING,
        RECEIVE_NAME: BYPASS_PROXY,
        RECEIVE_PORT: BYPASS_PROXY,
        QUERY: BYPASS_PROXY,
      },
      else: CHECK_LOG,
    },
  },
  RESET: {
    what: 'The connection to {endpoint} was reset{state? in {state}} ({errno}).',
    meaning: 'The server or something on the way closed it: a restart, CLIENT KILL, maxclients reached, or a firewall.',
    next: CHECK_LOG,
  },
  STREAM_CUT: {
    what: '{endpoint} closed the connection while we were catching up with its stream.',
    meaning: `Usually an output buffer over its limit${BUFFER_SEEN}. A real replica would start over, with another fork.`,
    next: afterCut,
  },
  NO_PAYLOAD: {
    what: '{endpoint} closed the connection before the first byte of the RDB.',
    meaning: `The BGSAVE of the master failed or was killed, or its output buffer for us went over the limit${BUFFER_SEEN}. Only its log says which. A BGSAVE usually fails because of memory overcommit, disk space, or data that the chosen RDB version cannot hold.`,
    next: afterCut,
  },
  SYNC_ABORTED: {
    what: ANSWERED,
    meaning: 'The master gave up the sync, usually because it could not fork.',
    next: CHECK_FORK,
  },
  BGSAVE_FAILED: {
    what: ANSWERED,
    meaning: 'The master could not fork, or could not write its RDB.',
    next: CHECK_FORK,
  },
  // PROTOCOL
  LINE_TOO_LONG: {
    what: '{endpoint} sent a line of more than {limitBytes} bytes{state? in {state}}.',
    meaning: 'Redis never sends such a line: something else listens on that port, or the connection corrupts data.',
    next: 'Check the port. To see the bytes: -vv',
  },
  PAYLOAD_HEADER: {
    what: '{endpoint} announced the RDB with "{reply}".',
    meaning: 'The expected header is $<length> or $EOF:<40 characters>. After any other one, no byte could be trusted.',
    next: REPORT_BYTES,
  },
  PSYNC_REPLY: {
    what: '{endpoint} answered PSYNC with "{reply}".',
    meaning: UNKNOWN_ANSWER,
    next: REPORT_BYTES,
  },
  PSYNC_VERDICT: {
    what: '{endpoint} answered PSYNC with "{verdict}".',
    meaning: UNKNOWN_ANSWER,
    next: REPORT_BYTES,
  },
  NOT_A_STATUS: {
    what: '{endpoint} answered {command|a command} with "{reply}"{state? in {state}}.',
    meaning: 'Redis answers this command with a status line or an error line.',
    next: CHECK_PORT,
  },
  NOT_RESP: {
    what: '{endpoint} sent bytes that are not a Redis reply: "{reply}"',
    meaning: 'Something else listens on that port, or a proxy corrupts the data.',
    next: CHECK_PORT,
  },
  REPLY_TOO_LARGE: {
    what: '{endpoint} announced a reply larger than any that Redis sends.',
    meaning: 'Something else listens on that port, or it is malicious.',
    next: CHECK_PORT,
  },
  // PAYLOAD_TRUNCATED, PAYLOAD_CORRUPT
  PAYLOAD_TRUNCATED: {
    what: 'The link to {endpoint} broke after {bytes} bytes of the RDB{expectedBytes? (of {expectedBytes})}.',
    meaning: `The BGSAVE was killed, the output buffer went over its limit${BUFFER_SEEN}, the master stopped sending, or the network failed. {fate}`,
    next: afterCut,
  },
  MAGIC: {
    what: 'The payload from {endpoint} does not begin like an RDB{reply?: "{reply}"}.',
    meaning: 'It is not a snapshot. {fate}',
    next: 'Check the log of the master and try again. To compare, run BGSAVE on the master.',
  },
  TRAILER: {
    what: 'The payload of {bytes} bytes from {endpoint} does not end like an RDB.',
    meaning: 'Bytes are missing at its end, or were added there. {fate}',
    next: 'Try again. If it happens twice, check the proxies and the network between this machine and the master.',
  },
  CHECKSUM: {
    what: 'The {bytes} bytes received from {endpoint} do not have the CRC64 that the master wrote.',
    meaning: 'Bytes were changed on the way, or in the memory of the master. {fate}',
    next: 'Try again. If it happens twice, check the memory and the network of the master.',
  },
  // PAYLOAD_INCOMPLETE
  KEYS_MISSING: {
    what: 'The RDB of {endpoint} holds {keys}, but INFO counted {infoKeys:exact} keys{db? in database {db}}.',
    meaning: 'The checksum of the bytes is right, but data is missing: this is not a snapshot of that server. {fate}',
    next: 'If keys were deleted and written again at this time, try again. Otherwise this server does not send its data to replicas: use its own backup.',
    parts: { keys: { by: 'rdbKeys', of: { 0: 'no keys' }, else: '{rdbKeys:exact} keys' } },
  },
  RDB_TOO_OLD: {
    what: '{endpoint} answered PSYNC with offset {offset}, but its INFO had shown {infoOffset} before.',
    meaning: 'The RDB is older than what the server had already replicated, or comes from another server. {fate}',
    next: 'Check that the address leads to one server only. If this server does not count offsets like Redis, use its own backup.',
  },
})
