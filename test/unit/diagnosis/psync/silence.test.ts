/** What it means that a master sends nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeSilence, isShuttingDown, judgeSilence } from '../../../../src/diagnosis/psync/silence.ts'
import { parseServerInfo } from '../../../../src/protocol/info/server-info.ts'
import { OTHER_REPLID, REPLID } from '../../../helpers/wire.ts'

function info(fields: Record<string, string>) {
  return parseServerInfo(
    Object.entries({ role: 'master', master_replid: REPLID, master_repl_offset: '100', ...fields })
      .map(([name, value]) => `${name}:${value}`)
      .join('\r\n'),
  )
}

test('silence of a server at our offset is idleness; any other silence has its cause named', () => {
  assert.equal(judgeSilence(info({}), REPLID, 100), 'idle')
  assert.equal(judgeSilence(info({}), REPLID, 99), 'broken')
  assert.equal(judgeSilence(info({}), OTHER_REPLID, 100), 'broken')
  assert.equal(judgeSilence(info({ role: 'slave', master_link_status: 'down' }), REPLID, 100), 'NOMASTERLINK')
  assert.equal(judgeSilence(info({ loading: '1' }), REPLID, 100), 'LOADING')
  assert.match(describeSilence('NOMASTERLINK'), /lost its own master/)
  assert.equal(isShuttingDown(info({ shutdown_in_milliseconds: '900' })), true)
  assert.equal(isShuttingDown(info({})), false)
})
