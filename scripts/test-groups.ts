/** Which test files run alone, and which run again on every version of Node that we support. */

/** These compare measured times with known ones. A busy machine would make them fail, so nothing runs beside them. */
export const ALONE: readonly string[] = ['test/integration/lag-delay.test.ts', 'test/integration/lag-forecast.test.ts']

/**
 * These test what Node itself does, which changes between its versions. The others test plain JavaScript over bytes, or what a
 * real server answers: no version of Node changes either. Files and folders.
 */
export const RUNTIME: readonly string[] = [
  'test/cli', // the program as a user starts it: modules, compile cache, flags, signals, exit statuses, pipes, error codes
  'test/unit/io', // fs with O_DIRECT and fsync, zlib, worker threads, exit handlers
  'test/unit/engine/link', // sockets that read into our own buffer (onread), timers
  'test/unit/engine/follow/follow.test.ts', // async iterators, abort signals and timers over many links
  'test/unit/rdb', // WebAssembly
  'test/integration/dump-rdb.test.ts', // a whole dump: socket, backpressure, file, pipe, memory
  'test/integration/tail-reader.test.ts', // pipes whose reader is slow, stops or leaves
  'test/integration/tls.test.ts', // OpenSSL: certificates, names, protocol errors and their words
]

/** One server is enough for them, since only Node differs. */
export const RUNTIME_SERVER = 'valkey-9.1'
