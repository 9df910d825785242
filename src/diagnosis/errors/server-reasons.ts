/** Rows of reasons.ts: the server refused a command. Its own words are quoted. */
import { grantMissing } from './missing-right.ts'
import { ANSWERED } from './parts.ts'
import { rows } from './template.ts'

const NO_COMMAND = 'The command is disabled or renamed, as managed services do, or this is a proxy.'
const BLOCKED = 'The server blocks this command. {provider|Managed services and proxies do that.}'
const INFO_WORKS = 'INFO still works, and with it: redis-repl lag'
const NO_INFO = 'Without INFO there are no offsets to compare.'
const ASK_FOR_INFO = 'Ask the provider for access to INFO. To see how far a replica gets without it: redis-repl handshake'
const CHECK_LINK = "Check master_link_status on that replica: redis-cli INFO replication. Or use its master's address instead."

export const SERVER_REASONS = rows({
  // AUTH_REQUIRED, AUTH_FAILED, NO_PERMISSION
  NOAUTH: {
    what: ANSWERED,
    meaning: 'The server requires a password, and none was given.',
    next: 'Give the password: REDISCLI_AUTH=… redis-repl …, or --pass-file FILE. For an ACL user, add --user NAME.',
  },
  WRONGPASS: {
    what: ANSWERED,
    meaning: 'The user name or the password is wrong, or the user is disabled.',
    next: 'Check the users on the server: redis-cli ACL LIST. Without --user, the password is the one of the user "default".',
  },
  NO_PASSWORD_SET: {
    what: ANSWERED,
    meaning: 'This server has no password. A replica whose masterauth is set stops at this reply and cannot attach.',
    next: 'Either leave the password out here and clear masterauth on the replicas (CONFIG SET masterauth ""), or set requirepass on the server.',
  },
  NO_USERS: {
    what: ANSWERED,
    meaning: 'This server has no ACL users, which came with Redis 6.0. AUTH accepts only a password.',
    next: 'Leave --user out.',
  },
  NOPERM: {
    what: ANSWERED,
    meaning: 'The user exists but may not run this command. A replica needs +psync, +replconf and +ping.',
    next: grantMissing,
  },
  PROTECTED_MODE: {
    what: '{endpoint} refuses clients from other hosts: "-{reply}"',
    meaning: 'Protected mode is on, because the default user has no password. It accepts only connections from its own host.',
    next: 'On the server: CONFIG SET requirepass <password>, and CONFIG REWRITE to keep it. Or run redis-repl on that host.',
  },
  // TRY_LATER
  LOADING: {
    what: ANSWERED,
    meaning: 'The server is still loading its dataset. It accepts replicas only after that.',
    next: 'Try again later. For the time left, see loading_eta_seconds: redis-cli INFO persistence',
  },
  REPLICA_LOADING: {
    what: 'Replica {endpoint} is LOADING its data{etaSeconds? ({etaSeconds} s left)}.',
    meaning: 'Its replid and offset are part of that data. Until it has loaded, we cannot tell which PSYNC it will send.',
    next: 'Try again when it has loaded. For its progress, on the replica: redis-cli INFO persistence',
  },
  FAILOVER: {
    what: ANSWERED,
    meaning: 'This master is handing over to one of its replicas (FAILOVER) and accepts no replicas until that is done.',
    next: 'Try again in a few seconds, at the new master. To cancel the failover, on this server: FAILOVER ABORT',
  },
  NOMASTERLINK: {
    what: ANSWERED,
    meaning: 'This server is a replica itself. It cannot serve replicas until its link to its own master is back.',
    next: CHECK_LINK,
  },
  MASTERDOWN: {
    what: ANSWERED,
    meaning: 'This server is a replica whose link to its master is down. With replica-serve-stale-data no it then rejects most commands.',
    next: CHECK_LINK,
  },
  BUSY: {
    what: ANSWERED,
    meaning: 'A script, function or module command has been running for so long that the server rejects all other commands.',
    next: 'Wait until it ends. If it has not written anything yet, you can stop it: redis-cli SCRIPT KILL, or redis-cli FUNCTION KILL',
  },
  MISCONF: {
    what: ANSWERED,
    meaning: 'The last save to disk failed, and the server rejects writes until a save succeeds. A replica gives up at this reply.',
    next: 'Fix the disk problem (the server log names it) and run BGSAVE. PSYNC is not blocked, so redis-repl dump-rdb still works.',
  },
  MAX_CLIENTS: {
    what: ANSWERED,
    meaning: 'The server has reached its connection limit (maxclients).',
    next: 'To see who is connected: redis-cli CLIENT LIST. To raise the limit: CONFIG SET maxclients <number>, and CONFIG REWRITE to keep it.',
  },
  // NOT_SUPPORTED
  UNKNOWN_COMMAND: {
    what: ANSWERED,
    meaning: {
      by: 'command',
      of: { INFO: `{provider|${NO_COMMAND}} ${NO_INFO}` },
      else: `This server accepts no replicas. {provider|${NO_COMMAND}} ${INFO_WORKS}`,
    },
    next: {
      by: 'command',
      of: { INFO: ASK_FOR_INFO },
      else: 'Ask the provider for replication access. If the command is renamed: --psync-command NAME, or --sync-command NAME',
    },
  },
  COMMAND_BLOCKED: {
    what: ANSWERED,
    meaning: {
      by: 'command',
      of: { INFO: `${BLOCKED} ${NO_INFO}` },
      else: `${BLOCKED} So no replica can attach. ${INFO_WORKS}`,
    },
    next: {
      by: 'command',
      of: { INFO: ASK_FOR_INFO },
      else: 'Ask the provider for replication access, or use its own export. If this is a proxy, connect to one of its servers directly.',
    },
  },
  COMMAND_REFUSED: {
    what: ANSWERED,
    meaning: '{provider|The server refused for a reason that redis-repl does not know.}',
    next: {
      by: 'command',
      of: {
        INFO: 'Check the server log for this time. To see how far a replica gets without INFO: redis-repl handshake',
      },
      else: 'Check the server log for this time. redis-repl lag needs only INFO.',
    },
  },
  NO_POSITION: {
    what: 'INFO of {endpoint} shows no {field}.',
    meaning: 'Without it there is no position to compare or to send with PSYNC.',
    next: 'Check its output: redis-cli INFO replication. A server that supports PSYNC shows a replid and an offset there.',
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
    what: '{endpoint} does not support PSYNC.',
    meaning: `{provider|It has its own replication protocol.} ${INFO_WORKS}`,
    next: 'For the state of its links: redis-repl lag {endpoint}. For its data, use its own export or its own replicas.',
  },
  SENTINEL: {
    what: '{endpoint} is a Sentinel{masterNames? that watches {masterNames:list}}.',
    meaning: 'Sentinels watch masters and hold no data, so there is nothing to replicate.',
    next: 'To attach to the master that it watches, use this TARGET: redis-sentinel://{endpoint}/{master}',
    parts: { master: { by: 'masterNames', of: {}, else: '{masterNames:first}', absent: 'NAME' } },
  },
})
