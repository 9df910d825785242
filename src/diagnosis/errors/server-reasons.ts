/** Rows of reasons.ts: the server refuses, quoted in its own words. */
import { grantMissing } from './missing-right.ts'
import { ANSWERED } from './parts.ts'
import { rows } from './template.ts'

const NO_COMMAND = 'The command is disabled or renamed, as managed services do, or this is a proxy.'

export const SERVER_REASONS = rows({
  // AUTH_REQUIRED, AUTH_FAILED, NO_PERMISSION
  NOAUTH: {
    what: ANSWERED,
    meaning: 'The server wants a password and none was given, so no replica could attach.',
    next: 'Give one: REDISCLI_AUTH=… redis-repl …, --pass-file FILE, or --user NAME with it.',
  },
  WRONGPASS: {
    what: ANSWERED,
    meaning: 'The user name or the password is wrong, or the user is switched off.',
    next: 'Compare with ACL LIST on the server; without --user the password is that of the user "default".',
  },
  NO_PASSWORD_SET: {
    what: ANSWERED,
    meaning: 'This server has no password. A replica with a masterauth stops at this reply and never gets in.',
    next: 'Give no password here, and remove masterauth from the replicas; or set requirepass on the server.',
  },
  NO_USERS: {
    what: ANSWERED,
    meaning: 'This server is older than ACL users (Redis 6.0): AUTH takes a password alone.',
    next: 'Leave --user out.',
  },
  NOPERM: {
    what: ANSWERED,
    meaning: 'The user exists but lacks the right to this command. A replica needs +psync, +replconf and +ping.',
    next: grantMissing,
  },
  PROTECTED_MODE: {
    what: '{endpoint} refuses every client from another host: "-{reply}"',
    meaning: 'Protected mode is on: the server has no password and is bound so that strangers could reach it.',
    next: 'Set a password (requirepass or ACL) on the server, or connect from the host itself.',
  },
  // TRY_LATER
  LOADING: {
    what: ANSWERED,
    meaning: 'The server is still reading its dataset from disk; replicas wait until it is done.',
    next: 'Try again later; redis-cli INFO persistence shows loading_eta_seconds.',
  },
  REPLICA_LOADING: {
    what: 'Replica {endpoint} is LOADING its data{etaSeconds? ({etaSeconds} s to go)}.',
    meaning: 'Its position comes with that data, so until it has loaded it is not known what the replica will ask for.',
    next: 'Ask again when it has loaded; redis-cli INFO persistence there shows how far it is.',
  },
  FAILOVER: {
    what: ANSWERED,
    meaning: 'This master is handing over to one of its replicas (FAILOVER) and takes nobody up until that is done.',
    next: 'Ask again in a moment, then at the new master; FAILOVER ABORT calls it off.',
  },
  NOMASTERLINK: {
    what: ANSWERED,
    meaning: 'This server is itself a replica and has no link to its master at the moment, so it has nothing it could vouch for.',
    next: 'Look at master_link_status in INFO replication there, or ask its master.',
  },
  MASTERDOWN: {
    what: ANSWERED,
    meaning: 'This server is a replica without its master and is set to answer nothing then (replica-serve-stale-data no).',
    next: 'Look at master_link_status in INFO replication there, or ask its master.',
  },
  BUSY: {
    what: ANSWERED,
    meaning: 'A script or function has been running for so long that the server answers nobody else.',
    next: 'redis-cli SCRIPT KILL or FUNCTION KILL, if it has written nothing yet; otherwise wait.',
  },
  MISCONF: {
    what: ANSWERED,
    meaning: 'The last save to disk failed and the server refuses writes until one succeeds; a replica gives up at this reply.',
    next: 'Mend the disk (see the server’s log) and run BGSAVE. redis-repl dump-rdb still works: PSYNC is not blocked.',
  },
  MAX_CLIENTS: {
    what: ANSWERED,
    meaning: 'All client slots of the server are taken.',
    next: 'redis-cli CLIENT LIST shows by whom; CONFIG SET maxclients raises the limit.',
  },
  // NOT_SUPPORTED
  UNKNOWN_COMMAND: {
    what: ANSWERED,
    meaning: {
      by: 'command',
      of: { INFO: `{provider|${NO_COMMAND}} Without INFO nothing can be compared.` },
      else: `This server does not let replicas in. {provider|${NO_COMMAND}} What INFO tells still works: redis-repl lag.`,
    },
    next: {
      by: 'command',
      of: { INFO: 'Ask the provider for INFO; redis-repl handshake shows how far a replica gets without INFO.' },
      else: 'Ask the provider for replication access; where the command has another name: --psync-command NAME or --sync-command NAME.',
    },
  },
  COMMAND_BLOCKED: {
    what: ANSWERED,
    meaning: {
      by: 'command',
      of: {
        INFO: 'The server blocks this command here. {provider|Managed services and proxies do that.} Without INFO nothing can be compared.',
      },
      else: 'The server blocks this command here, so no replica gets in. {provider|Managed services and proxies do that.} What INFO tells still works: redis-repl lag.',
    },
    next: {
      by: 'command',
      of: { INFO: 'Ask the provider for INFO; redis-repl handshake shows how far a replica gets without INFO.' },
      else: 'Ask the provider for replication access, or for its own export. For a proxy, name a server behind it.',
    },
  },
  COMMAND_REFUSED: {
    what: ANSWERED,
    meaning: '{provider|The server refuses for a reason this tool has no advice for; its own words above are all there is.}',
    next: {
      by: 'command',
      of: {
        INFO: 'Look at the server’s log at this moment; redis-repl handshake shows how far a replica gets without INFO.',
      },
      else: 'Look at the server’s log at this moment; redis-repl lag works by INFO alone.',
    },
  },
  NO_POSITION: {
    what: 'INFO of {endpoint} shows no {field}.',
    meaning: 'Without it there is nothing to compare and nothing to ask for.',
    next: 'See what INFO replication prints there. Where that server replicates by PSYNC, it shows a replid and an offset.',
    parts: {
      field: {
        by: 'missing',
        of: {
          REPLID: 'master_replid',
          OFFSET: 'master_repl_offset',
          BOTH: 'master_replid and no master_repl_offset',
          REPLICA_OFFSET: 'slave_repl_offset',
        },
        absent: 'replication offset',
      },
    },
  },
  OWN_PROTOCOL: {
    what: '{endpoint} serves no replica that asks with PSYNC.',
    meaning: '{provider|It replicates by a protocol of its own.} What INFO tells still works: redis-repl lag.',
    next: 'For the state of its links: redis-repl lag {endpoint}. For its data: its own export, or its own replicas.',
  },
  SENTINEL: {
    what: '{endpoint} is a Sentinel{masterNames? that watches {masterNames:list}}.',
    meaning: 'Sentinels watch masters and hold no data; nobody can replicate from one.',
    next: 'Let it name the master: redis-sentinel://{endpoint}/{master}',
    parts: { master: { by: 'masterNames', of: {}, else: '{masterNames:first}', absent: 'NAME' } },
  },
})
