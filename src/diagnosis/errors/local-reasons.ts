/** Rows of reasons.ts: failures on our side of the connection. */
import { rows } from './template.ts'

/** Of an output that is complete but cannot get its name. */
const KEPT = 'The snapshot is complete and verified. It was kept as {part}.'

export const LOCAL_REASONS = rows({
  // EXPECTATION_FAILED
  EXPECTATION_FAILED: {
    what: 'Expected {expected}, but the answer is {answer}.',
    meaning: 'The server answered; the output above explains its answer.',
    next: 'The output above says what would help. Without --expect, a partial and a full resync both exit with 0.',
  },
  SHARDS_DIFFER: {
    what: 'Not every shard gave the expected answer.',
    meaning: 'Every shard was asked; the output above shows each answer.',
    next: 'For the full explanation of one shard, run the same command with its server as TARGET, without --cluster.',
  },
  // USAGE
  FLAGS: {
    what: '{problem}',
    meaning: 'The command line cannot be used. No server was contacted.',
    next: 'For the flags and examples: {help|redis-repl --help}',
  },
  BAD_TARGET: {
    what: '"{target}" is not the address of a server.',
    meaning:
      'Expected: host, host:port, [v6]:port, redis://[user:password@]host[:port], rediss:// for TLS, unix:///path, or redis-sentinel://host/NAME.',
    next: {
      by: 'hint',
      of: {
        DATABASE: 'Only a database number may follow the address, as in redis://host:6379/3.',
        SOCKET_QUERY: 'A query is not supported: the form is unix://[user:password@]/path. Write ? in a path as %3F.',
        V6_PORT: 'Write [{address}]:{port}, or [{address}:{port}] if all of it is the address.',
        MASTER_NAME: 'Add the name under which the Sentinels know the master: redis-sentinel://{sentinels}/NAME',
      },
      absent: 'Percent-encode special characters of a password: @ is %40, : is %3A, / is %2F.',
    },
  },
  CONFIG_FILE: {
    what: 'The settings in {path} cannot be used: {why}{end}',
    meaning: 'No server was contacted.',
    next: '[defaults] and [profiles.NAME] hold long flags by name, such as connect-timeout = 3. To use another file: --config FILE',
    parts: {
      // A question ends with its own mark.
      end: { by: 'nearest', of: {}, else: '', absent: '.' },
      suggestion: {
        by: 'nearest',
        of: {},
        else: '; did you mean {nearest}?',
        absent: '; settings have the names of the long flags, or "target"',
      },
      toml: { by: 'line', of: {}, else: 'line {line}, column {column} is not TOML', absent: 'it is not TOML' },
      why: {
        by: 'problem',
        of: {
          UNREADABLE: '{errno:words}',
          NOT_TOML: '{toml}',
          OUTSIDE_OF_TABLES: '"{key}" is outside of [defaults] and [profiles.NAME]',
          PROFILES_NOT_A_TABLE: 'profiles is not a table; write [profiles.NAME]',
          NOT_A_TABLE: '{table} is not a table',
          UNKNOWN_SETTING: 'unknown setting {setting}{suggestion}',
          COMMAND_LINE_ONLY: '{setting} is allowed on the command line only',
          NOT_A_VALUE: '{setting} is not text, a number, a boolean, or a list of texts or numbers',
          IS_A_SWITCH: '{setting} takes true or false',
          IS_NO_SWITCH: '{setting} needs a value, not true or false',
          TAKES_ONE_VALUE: '{setting} takes one value, not a list',
        },
      },
    },
  },
  PASS_FILE: {
    what: 'The password file {path} cannot be used: {why}.',
    meaning: 'No server was contacted.',
    next: 'The first line of the file must be the password. Check its name, permissions and content.',
    parts: { why: { by: 'problem', of: { UNREADABLE: '{errno:words}', EMPTY: 'its first line is empty' } } },
  },
  TERMINAL: {
    what: 'An RDB is binary, and stdout is a terminal.',
    meaning: 'It would garble the screen. No server was contacted.',
    next: 'Redirect it (redis-repl dump-rdb > snapshot.rdb) or name a file (-o snapshot.rdb).',
  },
  NO_ZSTD: {
    what: 'This Node.js ({nodeVersion}) has no zstd.',
    meaning: 'zstd needs Node.js 22.15 or later. No server was contacted.',
    next: 'Use --gzip, or a pipe: redis-repl dump-rdb HOST | zstd > snapshot.rdb.zst',
  },
  // OUTPUT_FAILED, OUTPUT_EXISTS
  WRITE: {
    what: 'Writing to {path} failed: {errno:words}.',
    meaning: {
      by: 'output',
      of: { STATE: 'The checkpoint of the last save is intact. A later run repeats what was shown after it.' },
      else: 'The output is incomplete. {fate}',
    },
    next: {
      by: 'errno',
      of: {
        EPIPE: 'The reader of the pipe ended early. Check its own messages.',
        ENOSPC: 'Free disk space, or write to another place.',
        EDQUOT: 'The disk quota of this user is used up. Free space, or write to another place.',
        EFBIG: 'The file would be larger than this user or file system allows. Check ulimit -f.',
        ENOENT: 'Create the folder first.',
      },
      else: 'Check the free space and the permissions there.',
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
    what: '{path} needs {neededBytes} bytes, but its file system has only {freeBytes} free.',
    meaning: 'The snapshot would not fit. Nothing was received.',
    next: 'Free disk space, name another place with -o, or stream the snapshot: redis-repl dump-rdb | …',
  },
  NOT_A_FILE: {
    what: '{path} exists and is not a regular file.',
    meaning: 'A snapshot is written under a temporary name and renamed, which works for regular files only.',
    next: 'Name a file, or redirect: redis-repl dump-rdb > …',
  },
  NOT_A_FOLDER: {
    what: '{path} exists and is not a folder.',
    meaning: 'A dump of a cluster is a folder with one file for each shard.',
    next: 'Name another place with -o.',
  },
  NOT_A_DUMP: {
    what: '{path} holds other files than a dump of a cluster.',
    meaning: `--force replaces an earlier dump or an empty folder. It would delete all other files here.{part? ${KEPT}}`,
    next: 'Name another folder with -o, or remove the other files yourself.',
  },
  NOT_NAMED: {
    what: '{path} could not be created under this name: {errno:words}.',
    meaning: KEPT,
    next: 'Check the permissions of the folder, and rename the file yourself: mv {part} {path}',
  },
  OUTPUT_EXISTS: {
    what: '{path} exists already.',
    meaning: `Nothing was overwritten.{part? ${KEPT}}`,
    next: {
      by: 'part',
      of: {},
      else: 'Rename one of the two yourself.',
      absent: 'Name another file, or use --force to replace it once the new snapshot is complete and verified.',
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
    next: 'Run the same command again when you are ready.',
  },
})
