import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canProbePermission, channelSetting, forkGuard, type GuardName, isHarmless } from '../../../src/handshake/guard.ts'

const SEEN = { 'repl-diskless-sync': 'yes', 'repl-diskless-sync-delay': '5', 'repl-diskless-sync-max-replicas': '0' }
const CHANNELS = { redis: 'repl-rdb-channel', valkey: 'dual-channel-replication-enabled' }

function server(flavour: string, version: string) {
  return { flavour, version, mode: 'standalone' }
}

/** What keeps a refused PSYNC from forking by default, what is announced, and whether an offset that is no number may be asked. */
const SERVERS: readonly (readonly [flavour: string, version: string, guard: GuardName, capabilities: string[], mayProbe: boolean])[] = [
  ['redis', '2.8.24', 'none', [], false],
  ['redis', '3.2.13', 'none', [], false],
  ['redis', '5.0.14', 'none', [], false],
  ['redis', '6.0.16', 'none', [], false],
  ['redis', '6.2.6', 'none', [], false],
  ['redis', '6.2.7', 'none', [], true],
  ['redis', '6.2.16', 'none', [], true],
  ['redis', '7.0.0', 'diskless-delay', [], true],
  ['redis', '7.4.1', 'diskless-delay', [], true],
  ['redis', '8.0.2', 'rdb-channel', ['rdb-channel-repl'], true],
  ['redis', '8.6.3', 'rdb-channel', ['rdb-channel-repl'], true],
  ['redict', '7.3.0', 'diskless-delay', [], true],
  ['valkey', '7.2.6', 'diskless-delay', [], true],
  ['valkey', '8.0.1', 'diskless-delay', ['dual-channel'], true],
  ['valkey', '9.1.2', 'diskless-delay', ['dual-channel'], true],
  ['keydb', '6.3.4', 'none', [], false],
  ['dragonfly', 'df-v1.20.0', 'none', [], false],
  ['redis', '', 'none', [], false],
]

for (const [flavour, version, name, capabilities, mayProbe] of SERVERS) {
  const which = `${flavour} ${version || 'of unknown version'}`
  test(`${which} is guarded by ${name} by default, with an empty RDB wherever there is a guard`, () => {
    const isCertain = name === 'none'
    assert.deepEqual(forkGuard(server(flavour, version), undefined), { name, isCertain, capabilities, emptyRdb: name !== 'none' })
  })
  test(`${which} ${mayProbe ? 'refuses' : 'may fork at'} an offset that is not a number`, () => {
    assert.equal(canProbePermission(server(flavour, version)), mayProbe)
  })
}

const SETTINGS: readonly (readonly [
  flavour: string,
  version: string,
  settings: Record<string, string>,
  waiting: number,
  guard: GuardName,
])[] = [
  ['redis', '7.0.15', {}, 0, 'diskless-delay'],
  ['redis', '7.0.15', { 'repl-diskless-sync': 'no' }, 0, 'empty-rdb'],
  ['redis', '7.0.15', { 'repl-diskless-sync-delay': '0' }, 0, 'empty-rdb'],
  ['redis', '7.0.15', { 'repl-diskless-sync-delay': '2' }, 0, 'empty-rdb'],
  ['redis', '7.0.15', { 'repl-diskless-sync-delay': '3' }, 0, 'diskless-delay'],
  ['redis', '7.0.15', { 'repl-diskless-sync-max-replicas': '1' }, 0, 'empty-rdb'],
  ['redis', '7.0.15', { 'repl-diskless-sync-max-replicas': '3' }, 1, 'diskless-delay'],
  ['redis', '7.0.15', { 'repl-diskless-sync-max-replicas': '3' }, 2, 'empty-rdb'],
  ['redis', '8.6.3', { 'repl-rdb-channel': 'yes' }, 0, 'rdb-channel'],
  ['redis', '8.6.3', { 'repl-rdb-channel': 'yes', 'repl-diskless-sync-delay': '0' }, 0, 'rdb-channel'],
  ['redis', '8.6.3', { 'repl-rdb-channel': 'yes', 'repl-diskless-sync': 'no' }, 0, 'empty-rdb'],
  ['redis', '8.6.3', { 'repl-rdb-channel': 'no' }, 0, 'diskless-delay'],
  ['valkey', '9.1.2', { 'dual-channel-replication-enabled': 'yes' }, 0, 'dual-channel'],
  ['valkey', '9.1.2', { 'dual-channel-replication-enabled': 'yes', 'repl-diskless-sync': 'no' }, 0, 'empty-rdb'],
  ['valkey', '9.1.2', { 'dual-channel-replication-enabled': 'no' }, 0, 'diskless-delay'],
  ['redis', '6.2.16', {}, 0, 'none'],
]

for (const [flavour, version, settings, waiting, name] of SETTINGS) {
  const how = Object.entries(settings).flat().join(' ') || 'the defaults'
  test(`${flavour} ${version} with ${how} and ${waiting} replicas waiting is certainly guarded by ${name}`, () => {
    const guard = forkGuard(server(flavour, version), new Map(Object.entries({ ...SEEN, ...settings })), waiting)
    assert.deepEqual([guard.name, guard.isCertain], [name, true])
  })
}

test('a guard is certain only when each setting that it rests on was seen', () => {
  for (const missing of [...Object.keys(SEEN).slice(0, 2), CHANNELS.redis]) {
    const settings = new Map(Object.entries({ ...SEEN, [CHANNELS.redis]: 'yes' }))
    settings.delete(missing)
    assert.equal(forkGuard(server('redis', '8.6.3'), settings).isCertain, false, missing)
  }
})

test('the setting of the second connection is the one of the flavour, from 8.0 on', () => {
  assert.equal(channelSetting(server('redis', '8.0.0')), CHANNELS.redis)
  assert.equal(channelSetting(server('valkey', '8.0.1')), CHANNELS.valkey)
  for (const older of [server('redis', '7.4.1'), server('valkey', '7.2.6'), server('redict', '7.3.0'), undefined]) {
    assert.equal(channelSetting(older), undefined)
  }
})

/** A refusal is harmless with a backlog, and without one. */
const HARMLESS: Record<GuardName, readonly [boolean, boolean]> = {
  'rdb-channel': [true, false],
  'dual-channel': [true, true],
  'diskless-delay': [true, false],
  'empty-rdb': [false, false],
  none: [false, false],
}

for (const [name, [withBacklog, without]] of Object.entries(HARMLESS)) {
  const guard = { name: name as GuardName, isCertain: true, capabilities: [], emptyRdb: false }
  test(`under ${name} a refusal is ${withBacklog ? '' : 'not '}harmless with a backlog and ${without ? '' : 'not '}without one`, () => {
    assert.deepEqual([isHarmless(guard, true), isHarmless(guard, false)], [withBacklog, without])
    assert.equal(isHarmless({ ...guard, isCertain: false }, true), false, 'an assumed guard is none')
  })
}

test('of an unknown server nothing is assumed', () => {
  assert.deepEqual([forkGuard(undefined, undefined).name, canProbePermission(undefined)], ['none', false])
})
