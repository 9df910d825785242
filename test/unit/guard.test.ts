import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canProbePermission, forkGuard, type GuardName } from '../../src/handshake/guard.ts'

/** What keeps a refused PSYNC from forking, and whether PSYNC may be asked with an offset that is no number. */
const SERVERS: readonly (readonly [flavour: string, version: string, guard: GuardName, mayProbe: boolean])[] = [
  ['redis', '2.8.24', 'none', false],
  ['redis', '3.2.13', 'none', false],
  ['redis', '5.0.14', 'none', false],
  ['redis', '6.0.16', 'none', false],
  ['redis', '6.2.6', 'none', false],
  ['redis', '6.2.7', 'none', true],
  ['redis', '6.2.16', 'none', true],
  ['redis', '7.0.0', 'diskless-delay', true],
  ['redis', '7.4.1', 'diskless-delay', true],
  ['redis', '8.0.2', 'rdb-channel', true],
  ['redis', '8.6.3', 'rdb-channel', true],
  ['redict', '7.3.0', 'diskless-delay', true],
  ['valkey', '7.2.6', 'diskless-delay', true],
  ['valkey', '8.0.1', 'dual-channel', true],
  ['valkey', '9.1.2', 'dual-channel', true],
  ['keydb', '6.3.4', 'none', false],
  ['dragonfly', 'df-v1.20.0', 'none', false],
  ['redis', '', 'none', false],
]

const CAPABILITIES: Record<GuardName, string[]> = {
  'rdb-channel': ['rdb-channel-repl'],
  'dual-channel': ['dual-channel'],
  'diskless-delay': [],
  none: [],
}

for (const [flavour, version, name, mayProbe] of SERVERS) {
  const server = { flavour, version, mode: 'standalone' }
  test(`${flavour} ${version || 'of unknown version'} is guarded by ${name}, with an empty RDB wherever there is a guard`, () => {
    assert.deepEqual(forkGuard(server), { name, capabilities: CAPABILITIES[name], emptyRdb: name !== 'none' })
  })
  test(`${flavour} ${version || 'of unknown version'} ${mayProbe ? 'refuses' : 'may fork at'} an offset that is no number`, () => {
    assert.equal(canProbePermission(server), mayProbe)
  })
}

test('of an unknown server nothing is assumed', () => {
  assert.deepEqual([forkGuard(undefined).name, canProbePermission(undefined)], ['none', false])
})
