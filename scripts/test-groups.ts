/** Which test files run alone, and which run on every supported version of Node. */

/** These compare measured times with known ones. They fail on a busy machine, so nothing runs in parallel. */
export const ALONE: readonly string[] = ['test/integration/lag-delay.test.ts', 'test/integration/lag-forecast.test.ts']

/**
 * Files and folders that test the behaviour of Node itself, which differs between versions. The others test plain JavaScript
 * over bytes, or the replies of a real server, and neither depends on the version of Node.
 */
export const RUNTIME: readonly string[] = [
  'test/cli', // the program as a user starts it: modules, compile cache, flags, signals, exit statuses, pipes, error codes
  'test/unit/io', // fs with O_DIRECT and fsync, zlib, worker threads, exit handlers
  'test/unit/engine/link', // sockets that read into our own buffer (onread), timers
  'test/unit/engine/follow', // retries and starts over many links
  'test/unit/rdb', // WebAssembly
  'test/integration/dump-rdb.test.ts', // a whole dump: socket, backpressure, file, pipe, memory
  'test/integration/tail-reader.test.ts', // pipes whose reader is slow, stops or leaves
  'test/integration/tls.test.ts', // OpenSSL: certificates, names, protocol errors and their messages
]

/** One server is enough for them, because only Node differs. */
export const RUNTIME_SERVER = 'valkey-9.1'
