/** Rows of reasons.ts: the server is unreachable, the link broke, or something other than a Redis server answered. */
import { ANSWERED, afterCut, BUFFER_SEEN } from './parts.ts'
import { rows } from './template.ts'

const SEE_THE_LOG = 'Look at the server’s log; --silence-timeout waits longer.'
const CLOSING_PROXY = 'Typical of a proxy that closes the connection at a command it does not know (twemproxy, older Codis).'
const NAME_A_SERVER = 'Name a server behind the proxy. If there is none, look at the server’s log at this moment.'

const CLOSED_EARLY = 'Typical of a proxy without a backend, of a full client table, and of a server that is shutting down.'
const TRY_PING = 'Try redis-cli PING on the same address, and look at the server’s log.'

export const LINK_REASONS = rows({
  // MASTER_UNREACHABLE, TIMEOUT
  CONNECTION_REFUSED: {
    what: '{endpoint} refused the connection ({errno}).',
    meaning: 'Nothing listens on that port, or a firewall rejects it.',
    next: 'Check host and port; on the server: redis-cli -p <port> PING, and its bind setting.',
  },
  SOCKET_REFUSED: {
    what: '{endpoint} refused the connection ({errno}).',
    meaning: 'The socket is there, but nobody listens on it: the server that made it has ended, or its queue of connections is full.',
    next: 'Start the server, or look up where its socket is: redis-cli CONFIG GET unixsocket',
  },
  LOOKUP: {
    what: 'The host name of {endpoint} was not resolved within {limitMs:seconds}.',
    meaning: 'No DNS server answered in time; the server itself was not contacted.',
    next: 'Check the DNS servers of this machine, or use an IP address; --connect-timeout waits longer.',
  },
  UNKNOWN_HOST: {
    what: 'The host name of {endpoint} cannot be resolved ({errno}).',
    meaning: 'No DNS server or hosts file knows this name, or none could be asked.',
    next: 'Check the spelling, or use an IP address.',
  },
  WRONG_FAMILY: {
    what: '{endpoint} is no address for -{family}.',
    meaning: '-4 takes IPv4 addresses only, and -6 IPv6.',
    next: 'Leave it out, or name the server by a host name that has both.',
  },
  NO_SOCKET: {
    what: 'There is no socket at {endpoint}.',
    meaning: 'The server is not running, or its unixsocket setting names another path.',
    next: 'redis-cli CONFIG GET unixsocket',
  },
  SOCKET_DENIED: {
    what: '{endpoint} may not be opened by this user ({errno}).',
    meaning: "The socket's permissions (unixsocketperm) exclude this user.",
    next: 'Run as a user in the group of the socket.',
  },
  UNREACHABLE: {
    what: '{endpoint} cannot be reached ({errno}).',
    meaning: 'No conversation was possible.',
    next: 'Check the address and the way to it.',
  },
  CONNECT: {
    what: '{endpoint} did not accept the connection within {limitMs:seconds}.',
    meaning: 'The host is down, or a firewall drops the packets silently.',
    next: 'Check the address and the way to it; --connect-timeout waits longer.',
  },
  SILENCE: {
    what: '{endpoint} sent {what} {limitMs:seconds}{state? in {state}}.',
    meaning: 'The server hangs (a slow script, swapping, SIGSTOP), the network lost it, or something else listens on that port.',
    next: {
      by: 'state',
      of: { TRANSFER: SEE_THE_LOG, RECEIVE_PSYNC: SEE_THE_LOG },
      else: 'Try redis-cli PING on the same address; --step-timeout waits longer.',
    },
    parts: {
      what: {
        by: 'incomplete',
        of: { NEWLINES: 'nothing but newlines for', REPLY: 'no complete reply within' },
        absent: 'nothing for',
      },
    },
  },
  // NOT_REDIS
  HTTP: {
    what: '{endpoint} answered like a web server: "{reply}"',
    meaning: 'An HTTP server listens on that port, not a Redis.',
    next: 'Check the port.',
  },
  SSH: {
    what: '{endpoint} answered "{reply}"',
    meaning: 'An SSH server listens on that port.',
    next: 'Check the port.',
  },
  SMTP_OR_FTP: {
    what: '{endpoint} answered "{reply}"',
    meaning: 'A mail or file server listens on that port.',
    next: 'Check the port.',
  },
  MEMCACHED: {
    what: '{endpoint} answered "{reply}"',
    meaning: 'A memcached listens on that port.',
    next: 'Check the port.',
  },
  OTHER_SERVICE: {
    what: '{endpoint} answered "{reply}"',
    meaning: 'No reply of a Redis begins like this: another service listens on that port.',
    next: 'Check the port.',
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
        QUERY: `${CLOSED_EARLY} Or of a proxy that closes the connection at a command it does not know (twemproxy, older Codis).`,
      },
      else: 'The server is shutting down, its BGSAVE could not start, a proxy cut an idle connection, or somebody cut the link (CLIENT KILL).',
    },
    next: {
      by: 'state',
      of: {
        RECEIVE_PONG: TRY_PING,
        RECEIVE_NAME: NAME_A_SERVER,
        RECEIVE_PORT: NAME_A_SERVER,
        QUERY: NAME_A_SERVER,
      },
      else: 'Look at the server’s log at this moment.',
    },
  },
  RESET: {
    what: 'The connection to {endpoint} was reset{state? in {state}} ({errno}).',
    meaning: 'The server or something between cut it: a restart, CLIENT KILL, a full client table, or a firewall.',
    next: 'Look at the server’s log at this moment.',
  },
  STREAM_CUT: {
    what: '{endpoint} closed the connection while we were catching up with its stream.',
    meaning: `Typical of an output buffer that ran over${BUFFER_SEEN}: a real replica would begin again, with another fork.`,
    next: afterCut,
  },
  NO_PAYLOAD: {
    what: '{endpoint} closed the connection before the first byte of the RDB.',
    meaning: `The master’s BGSAVE failed or was killed, or its output buffer for us ran over${BUFFER_SEEN}: it says so in its log only. Memory overcommit, disk space and data that the chosen RDB version cannot hold are the usual causes of a failure.`,
    next: afterCut,
  },
  SYNC_ABORTED: {
    what: ANSWERED,
    meaning: 'The master gave the sync up, usually because it could not fork.',
    next: 'Look at the master’s log; vm.overcommit_memory and free memory decide over fork().',
  },
  BGSAVE_FAILED: {
    what: ANSWERED,
    meaning: 'The master could not fork, or could not write its RDB.',
    next: 'Look at the master’s log; vm.overcommit_memory and free memory decide over fork().',
  },
  // PROTOCOL
  LINE_TOO_LONG: {
    what: '{endpoint} sent a line of more than {limitBytes} bytes{state? in {state}}.',
    meaning: 'No Redis answers so; something else listens on that port, or the link is corrupted.',
    next: 'Check the port; -vv shows the bytes.',
  },
  PAYLOAD_HEADER: {
    what: '{endpoint} announced the RDB with "{reply}".',
    meaning: 'Expected was $<length> or $EOF:<40 characters>; nothing that follows could be trusted.',
    next: 'Please report it with the output of -vv.',
  },
  PSYNC_REPLY: {
    what: '{endpoint} answered PSYNC with "{reply}".',
    meaning: 'No known server answers so; what follows cannot be understood.',
    next: 'Please report it with the output of -vv.',
  },
  PSYNC_VERDICT: {
    what: '{endpoint} answered PSYNC with "{verdict}".',
    meaning: 'No known server answers so; what follows cannot be understood.',
    next: 'Please report it with the output of -vv.',
  },
  NOT_A_STATUS: {
    what: '{endpoint} answered {command|} with "{reply}"{state? in {state}}.',
    meaning: 'A Redis answers this command with a status or an error line.',
    next: 'Check that the port belongs to a Redis or Valkey server.',
  },
  NOT_RESP: {
    what: '{endpoint} sent bytes that are no reply: "{reply}"',
    meaning: 'Something else listens on that port, or a proxy garbles the connection.',
    next: 'Check that the port belongs to a Redis or Valkey server.',
  },
  REPLY_TOO_LARGE: {
    what: '{endpoint} announced a reply of absurd size.',
    meaning: 'No Redis answers so; something else listens on that port, or it means harm.',
    next: 'Check that the port belongs to a Redis or Valkey server.',
  },
  // PAYLOAD_TRUNCATED, PAYLOAD_CORRUPT
  PAYLOAD_TRUNCATED: {
    what: 'The link to {endpoint} broke after {bytes} bytes of the RDB{expectedBytes? (of {expectedBytes})}.',
    meaning: `The BGSAVE was killed, the output buffer ran over${BUFFER_SEEN}, the master fell silent, or the network failed. {fate}`,
    next: afterCut,
  },
  MAGIC: {
    what: 'The payload does not begin like an RDB{reply?: "{reply}"}.',
    meaning: 'This is no snapshot. {fate}',
    next: 'Look at the master’s log; try again, and compare with BGSAVE on the master.',
  },
  TRAILER: {
    what: 'The payload of {bytes} bytes does not end like an RDB.',
    meaning: 'Something is missing or was added at its end. {fate}',
    next: 'Try again; if it happens twice, look at what lies between here and the master.',
  },
  CHECKSUM: {
    what: 'The CRC64 of the {bytes} bytes received is not the one the master wrote.',
    meaning: 'Bytes were changed on the way, or in the master’s memory. {fate}',
    next: 'Try again; if it happens twice, suspect the memory and the network of the master.',
  },
  // PAYLOAD_INCOMPLETE
  KEYS_MISSING: {
    what: 'The RDB of {endpoint} holds {keys}, and INFO counted {infoKeys:exact} keys{db? in database {db}}.',
    meaning: 'The bytes passed their checksum, but data is missing: this is not a snapshot of that server. {fate}',
    next: 'If keys were deleted and written again at this moment, try again. Otherwise this server does not send its data to replicas: use its own backup.',
    parts: { keys: { by: 'rdbKeys', of: { 0: 'no keys' }, else: '{rdbKeys:exact} keys' } },
  },
  OFFSET_BEHIND: {
    what: '{endpoint} answered PSYNC with offset {offset:exact}, and its INFO had counted {infoOffset:exact} before.',
    meaning: 'The RDB is older than what the server had already replicated, or comes from another server. {fate}',
    next: 'Check that the address leads to one server only. If this server does not count offsets as Redis does, use its own backup.',
  },
})
