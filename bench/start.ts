/** Compares the whole process of a handshake with Node doing nothing. */

import { installedServers } from '../scripts/server-cache.ts'
import { RunningServer } from '../test/helpers/server.ts'
import { own, pairs, quoted, type Row, row } from './pairs.ts'

export async function startRows(rounds: number): Promise<Row[]> {
  const installed = installedServers().find(({ id }) => id === 'redis-8.6') ?? installedServers().at(-1)
  if (!installed) throw new Error('no server: run `npm run servers` first')
  const server = await RunningServer.start(installed)
  try {
    const ours = `${own('handshake', '--json', server.target)} > /dev/null`
    const bare = quoted([process.execPath, '-e', '0'])
    const besides = `node ${process.version} -e 0`
    const { wall } = await pairs(rounds, ours, bare, async () => {})
    const rows = [row('handshake --json, whole process', besides, 'wall', wall, 2.7)]
    if (process.env.NODE_EXTRA_CA_CERTS === undefined) return rows
    // Node 20 reads those certificates at every start, which takes far longer than what we add.
    const without = (command: string) => `unset NODE_EXTRA_CA_CERTS; ${command}`
    const plain = await pairs(rounds, without(ours), without(bare), async () => {})
    return [...rows, row('the same without NODE_EXTRA_CA_CERTS', besides, 'wall', plain.wall)]
  } finally {
    await server.stop()
  }
}
