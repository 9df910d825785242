/** Rows of reasons.ts: failures on our side of the connection. */
import { rows } from './template.ts'

/** Of an output that is complete but cannot get its name. */
const KEPT = 'The snapshot is complete and verified. It is kept as {part}.'

export const LOCAL_REASONS = rows({
  // EXPECTATION_FAILED
  EXPECTATION_FAILED: {
    what: 'Expected {expected}, and the answer is {answer}.',
    meaning: 'The server was asked and answered; the explanation is above.',
    next: 'See above what would have helped; without --expect, continue and full both exit with 0.',
  },
  SHARDS_DIFFER: {
    what: 'Not every shard has the answer that was wanted; each is above.',
    meaning: 'The server was asked and answered; the explanation is above.',
    next: 'The rows above tell more; the same command with one of those servers tells all.',
  },
  // USAGE
  FLAGS: {
    what: '{problem}',
    meaning: 'The command line cannot be used; nothing was contacted.',
    next: 'redis-repl --help lists commands and flags.',
  },
  BAD_TARGET: {
    what: '"{target}" names no server.',
    meaning:
      'Expected: host, host:port, [v6]:port, redis://[user:password@]host[:port], rediss:// with TLS, unix:///path, or redis-sentinel://host/NAME.',
    next: {
      by: 'hint',
      of: {
        DATABASE: 'What follows the address is the number of a database, as in redis://host:6379/3.',
        SOCKET_QUERY: 'A query is not understood: the form is unix://[user:password@]/path, and ? in a path is %3F.',
        V6_PORT: 'Write [{address}]:{port}, or [{address}:{port}] where all of it is the address.',
        MASTER_NAME: 'Say under which name the Sentinels know the master: redis-sentinel://{sentinels}/NAME.',
      },
      absent: 'Percent-encode special characters of a password: @ is %40, : is %3A, / is %2F.',
    },
  },
  CONFIG_FILE: {
    what: 'The settings in {path} cannot be used: {why}.',
    meaning: 'Nothing was contacted.',
    next: '[defaults] and [profiles.NAME] hold long flags by name, as in connect-timeout = 3; --config FILE takes another file.',
    parts: {
      toml: { by: 'line', of: {}, else: 'line {line}, column {column} is no TOML', absent: 'it is no TOML' },
      why: {
        by: 'problem',
        of: {
          UNREADABLE: '{errno}',
          NOT_TOML: '{toml}',
          OUTSIDE_OF_TABLES: '"{key}" stands outside of [defaults] and [profiles.NAME]',
          PROFILES_NOT_A_TABLE: 'profiles is no table: write [profiles.NAME]',
          NOT_A_TABLE: '{table} is no table',
          UNKNOWN_SETTING: '{setting} is no setting: they are called as the long flags, and target',
          COMMAND_LINE_ONLY: '{setting} can only be said on the command line',
          NOT_A_VALUE: '{setting} is neither text, number, boolean nor a list of texts or numbers',
          IS_A_SWITCH: '{setting} is a switch: true or false',
          IS_NO_SWITCH: '{setting} is no switch: it takes a value',
          TAKES_ONE_VALUE: '{setting} takes one value, not a list',
        },
      },
    },
  },
  PASS_FILE: {
    what: 'The password file {path} cannot be used: {why}.',
    meaning: 'Nothing was contacted.',
    next: 'Its first line has to be the password: check its name, permissions and content.',
    parts: { why: { by: 'problem', of: { UNREADABLE: '{errno}', EMPTY: 'its first line is empty' } } },
  },
  TERMINAL: {
    what: 'An RDB is binary and stdout is a terminal.',
    meaning: 'It would garble the screen; nothing was contacted.',
    next: 'Redirect it (redis-repl dump-rdb > snapshot.rdb) or name a file (-o snapshot.rdb).',
  },
  // NOT_SUPPORTED
  NO_ZSTD: {
    what: 'This Node ({nodeVersion}) has no zstd.',
    meaning: 'It came with Node 22.15; nothing was contacted.',
    next: 'Take --gzip, or pipe: redis-repl dump-rdb HOST | zstd > snapshot.rdb.zst',
  },
  // OUTPUT_FAILED, OUTPUT_EXISTS
  WRITE: {
    what: 'Writing to {path} failed ({errno}).',
    meaning: {
      by: 'output',
      of: { STATE: 'The checkpoint of the last save is still there, so a later run repeats what was shown after it.' },
      else: 'The output is incomplete. {fate}',
    },
    next: {
      by: 'errno',
      of: {
        EPIPE: 'The reader of the pipe ended early: look at its own messages.',
        ENOSPC: 'The disk is full: free some room, or write elsewhere.',
        EDQUOT: 'The quota of this user is used up: free some room, or write elsewhere.',
        EFBIG: 'The file would grow beyond what this user or file system may have: see ulimit -f.',
        ENOENT: 'The folder does not exist: create it first.',
      },
      else: 'Check room and permissions of the place it goes to.',
    },
  },
  LISTEN: {
    what: {
      by: 'errno',
      of: { EADDRINUSE: 'Cannot listen on {address}: the port is in use ({errno}).' },
      else: 'Cannot listen on {address} ({errno}).',
    },
    meaning: 'Nothing is served, and no server was contacted.',
    next: {
      by: 'errno',
      of: {
        EADDRINUSE: "Choose another port, or find the program that uses this one: ss -ltnp 'sport = :{port}'",
        EADDRNOTAVAIL: 'This machine does not have that address: choose one of `ip -brief address`.',
        EACCES: 'This user may not open that port: choose one above 1023.',
        ENOTFOUND: 'That host name does not resolve: give an IP address.',
      },
      else: 'Choose another address or port, as in --listen 127.0.0.1:9121.',
    },
  },
  NO_SPACE: {
    what: '{path} needs {neededBytes} bytes and its file system has {freeBytes} free.',
    meaning: 'The snapshot would not fit; nothing was received.',
    next: 'Free some room, name another place with -o, or stream it: redis-repl dump-rdb | …',
  },
  NOT_A_FILE: {
    what: '{path} exists and is no ordinary file.',
    meaning: 'A snapshot is written beside its name and renamed, which only works for files.',
    next: 'Name a file, or redirect: redis-repl dump-rdb > …',
  },
  NOT_A_FOLDER: {
    what: '{path} exists and is no folder.',
    meaning: 'A dump of a cluster is a folder with a file for each shard.',
    next: 'Name another place with -o.',
  },
  NOT_A_DUMP: {
    what: '{path} holds more than a dump of a cluster.',
    meaning: `--force replaces an earlier dump, or an empty folder; everything else in it would be lost.{part? ${KEPT}}`,
    next: 'Name another folder with -o, or remove what is in this one yourself.',
  },
  NOT_NAMED: {
    what: '{path} could not be created under this name ({errno}).',
    meaning: KEPT,
    next: 'Check the permissions of the folder, and rename it yourself: mv {part} {path}',
  },
  OUTPUT_EXISTS: {
    what: '{path} exists already.',
    meaning: `Nothing was overwritten.{part? ${KEPT}}`,
    next: {
      by: 'part',
      of: {},
      else: 'Rename one of them yourself.',
      absent: 'Name another file, or use --force to replace it once the new snapshot is whole and verified.',
    },
  },
  // INTERNAL, ABORTED
  INTERNAL: {
    what: 'An error inside redis-repl: {message}',
    meaning: 'This is a bug.',
    next: 'Please report it with the output of the same command and -vv.',
  },
  ABORTED: {
    what: 'Stopped by the user.',
    meaning: { by: 'output', of: {}, else: '{fate}', absent: 'Nothing was kept.' },
    next: 'Run it again when you like.',
  },
})
