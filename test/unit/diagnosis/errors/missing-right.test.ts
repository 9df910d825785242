import assert from 'node:assert/strict'
import { test } from 'node:test'
import { grantMissing } from '../../../../src/diagnosis/errors/missing-right.ts'

const by70 = (name: string) => `NOPERM this user has no permissions to run the '${name}' command`
const by86 = (name: string, user = 'u') => `NOPERM User ${user} has no permissions to run the '${name}' command`
const by60 = (name: string) => `NOPERM this user has no permissions to run the '${name}' command or its subcommand`

for (const [command, reply, grant] of [
  ['CLUSTER MIGRATION', by86('cluster|migration'), 'u +cluster|migration'],
  ['CLUSTER MIGRATION STATUS ALL', by86('cluster|migration'), 'u +cluster|migration'],
  ['CLUSTER MIGRATION STATUS ALL', by70('cluster|migration'), '<user> +cluster|migration'],
  ['CLUSTER MIGRATION STATUS ALL', 'NOPERM', '<user> +cluster|migration'],
  ['CLUSTER GETSLOTMIGRATIONS', by86('cluster|getslotmigrations'), 'u +cluster|getslotmigrations'],
  ['CLUSTER NODES', by60('cluster'), '<user> +cluster|nodes'],
  ['CONFIG GET repl-*', by60('config'), '<user> +config|get'],
  ['CLIENT LIST TYPE replica', by70('client|list'), '<user> +client|list'],
  ['SENTINEL GET-MASTER-ADDR-BY-NAME', by86('sentinel|get-master-addr-by-name'), 'u +sentinel|get-master-addr-by-name'],
  ['INFO replication', by86('info'), 'u +info'],
  ['PSYNC ? -1', by60('psync'), '<user> +psync'],
  ['REPLCONF capa eof', by86('replconf', 'keyreader'), 'keyreader +replconf'],
  ['INFO', by86('info', 'channel-1'), 'channel-1 +info'],
  ['GET', 'NOPERM No permissions to access a key', '<user> ~<pattern>'],
  ['PUBLISH', 'NOPERM this user has no permissions to access one of the channels used as arguments', '<user> allchannels'],
] as const) {
  test(`what "-${reply}" to ${command} wants is ${grant}, and no more`, () => {
    assert.match(grantMissing({ reply, command }), new RegExp(`ACL SETUSER ${grant.replaceAll(/[|+<>~*]/g, '\\$&')}\\. `))
  })
}
