/** The whole process of a handshake beside Node doing nothing. */

import { installedServers } from '../scripts/server-cache.ts'
import { RunningServer } from '../test/helpers/server.ts'
import { own, pairs, quoted, type Row, row } from './pairs.ts'

export async function startRows(rounds: number): Promise<Row[]> {
  const installed = installedServers().find(({ id }) => id === 'redis-8.6') ?? installedServers().at(-1)
  if (!installed) throw new Error('no server: run `npm run servers` first')
  const server = await RunningServer.start(installed)
  try {
    const ours = `${own('handshake', '--json', server.target)} > /dev/null`
    const ratios = await pairs(rounds, ours, quoted([process.execPath, '-e', '0']), async () => {})
    return [row('handshake --json, whole process', `node ${process.version} -e 0`, 'wall', ratios.wall, 2.2)]
  } finally {
    await server.stop()
  }
}
