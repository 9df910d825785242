/** A dataset with every data type of a server, in several databases, with and without expiry. */
import type { RunningServer } from './server.ts'

const MIXED = `
for i = 1, 2000 do
  redis.call('SET', 'string:' .. i, string.rep('v', i % 97) .. i)
  redis.call('RPUSH', 'list:' .. (i % 20), i, 'x' .. i)
  redis.call('HSET', 'hash:' .. (i % 30), 'f' .. i, i, 'g' .. i, string.rep('z', i % 50))
  redis.call('SADD', 'set:' .. (i % 10), i, 'm' .. i)
  redis.call('ZADD', 'zset:' .. (i % 10), i / 3, 'm' .. i)
end
redis.call('SET', 'big', string.rep('0123456789', 50000))
redis.call('SET', 'expiring', 'x', 'EX', 100000)
redis.call('SET', 'binary' .. string.char(0, 255, 10, 13), string.char(0, 1, 2, 255, 254, 10, 13))
redis.call('SET', 'looks like a mark', '$EOF:' .. string.rep('0', 40))
redis.call('XADD', 'stream', '1-1', 'a', '1')
redis.call('XADD', 'stream', '2-1', 'a', '2')
return redis.status_reply('OK')
`

/** Fills databases 0 and 3, and loads a function if the server supports them (7.0). */
export async function fill(server: RunningServer): Promise<void> {
  await server.cli('EVAL', MIXED, '0')
  await server.cli('-n', '3', 'EVAL', MIXED, '0')
  if (server.installed.id !== 'redis-6.0') {
    await server.cli('FUNCTION', 'LOAD', "#!lua name=lib\nredis.register_function('f', function() return 1 end)")
  }
}
