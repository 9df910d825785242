/** The rows of a tree: what a master lists, and what answers at the addresses. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TreeNode } from '../../../src/diagnosis/lag/lag.ts'
import { parseServerInfo, type ServerInfo } from '../../../src/protocol/info/server-info.ts'
import { isUnlisted, type ProbedServer } from '../../../src/survey/nodes.ts'
import type { Probe } from '../../../src/survey/probe.ts'
import { rowsOf } from '../../../src/survey/rows.ts'

const REPLID = 'a'.repeat(40)

function info(id: string, lines: readonly string[], offset = 1000): ServerInfo {
  const fields = [`run_id:${id}`, `master_replid:${REPLID}`, `master_repl_offset:${offset}`, ...lines]
  return parseServerInfo(['redis_version:7.0.5', ...fields].join('\r\n'))
}

function replica(id: string, master: string, lines: readonly string[] = []): ServerInfo {
  const [host, port] = master.split(':')
  const link = [`master_host:${host}`, `master_port:${port}`, 'master_link_status:up', 'slave_repl_offset:1000']
  return info(id, ['role:slave', ...link, 'master_last_io_seconds_ago:0', ...lines])
}

function seen(server: ServerInfo): NonNullable<TreeNode['seen']> {
  return { id: server.runId ?? '', server, askedAt: 1, answeredAt: 2 }
}

function master(lines: readonly string[]): TreeNode {
  const server = info('m', ['role:master', ...lines])
  return { name: '10.0.0.1:6379', depth: 0, silentMs: 0, isTool: false, seen: seen(server) }
}

/** Rows of a master whose listed addresses are answered by these servers. */
function rows(top: TreeNode, servers: Record<string, ServerInfo>, named: readonly ServerInfo[] = []): TreeNode[] {
  const probed = (name: string, server: ServerInfo | undefined): ProbedServer => {
    return { name, probe: { silentMs: 0, ...(server && { seen: seen(server) }) } as Probe }
  }
  const reach = ({ host, port }: { host: string; port: number }) => probed(`${host}:${port}`, servers[`${host}:${port}`])
  const known = named.map((server, index) => probed(`named${index}`, server))
  return rowsOf(top, { reach, named: known, tree: [top], links: new Set() })
}

const shape = ({ name, seen: reached, failure }: TreeNode) => [name, reached?.id, failure?.details.reason]

test('a row whose address leads to the replica of another replica is known by its ACK only', () => {
  const top = master([
    'slave0:ip=10.0.0.2,port=6379,state=online,offset=1000,lag=0',
    'slave1:ip=10.0.0.3,port=6379,state=online,offset=10,lag=1',
  ])
  const found = rows(top, { '10.0.0.2:6379': replica('r1', '10.0.0.1:6379'), '10.0.0.3:6379': replica('r2', '10.0.0.2:6379') })
  assert.deepEqual(found.map(shape), [
    ['10.0.0.2:6379', 'r1', undefined],
    ['10.0.0.3:6379', undefined, 'NOT_THE_REPLICA'],
  ])
})

test('a server that has just heard from its master is not the replica that the master has not heard of for long', () => {
  const servers = { '10.0.0.2:6379': replica('r1', '10.0.0.1:6379') }
  const at = (lag: number) => rows(master([`slave0:ip=10.0.0.2,port=6379,state=online,offset=10,lag=${lag}`]), servers).map(shape)
  assert.deepEqual(at(1), [['10.0.0.2:6379', 'r1', undefined]])
  assert.deepEqual(at(30), [['10.0.0.2:6379', undefined, 'NOT_THE_REPLICA']])
})

test('a list that repeats a number is as long as it is', () => {
  const top = master([
    'slave0:ip=10.0.0.2,port=6379,state=online,offset=1000,lag=0',
    'slave0:ip=10.0.0.3,port=6379,state=online,offset=1000,lag=0',
  ])
  assert.deepEqual(
    rows(top, {}).map(({ name }) => name),
    ['10.0.0.2:6379', '10.0.0.3:6379'],
  )
})

test('a replica that the user named takes the row of a shared address whose ACK is nearest, and no row whose ACK is old', () => {
  const top = master([
    'slave0:ip=10.0.0.9,port=6379,state=online,offset=10,lag=40',
    'slave1:ip=10.0.0.9,port=6379,state=online,offset=990,lag=0',
  ])
  assert.deepEqual(rows(top, {}, [replica('r2', '10.0.0.1:6379')]).map(shape), [
    ['10.0.0.9:6379#1', undefined, 'SHARED_ADDRESS'],
    ['10.0.0.9:6379#2', 'r2', undefined],
  ])
})

test('an active replica of KeyDB is not a row below its own replica', () => {
  const active = replica('r1', '10.0.0.1:6379', ['role:active-replica', 'slave0:ip=10.0.0.1,port=6379,state=online,offset=5,lag=0'])
  const top = { ...master([]), seen: seen(replica('m', '10.0.0.2:6379', ['role:active-replica'])) }
  const below: TreeNode = { name: '10.0.0.2:6379', upstream: top, depth: 1, silentMs: 0, isTool: false, seen: seen(active) }
  assert.deepEqual(rows(below, { '10.0.0.1:6379': top.seen.server }), [])
})

test('a replica is missing in the list of the master that it names, unless a row without a server may be it', () => {
  const node = (top: TreeNode): TreeNode => {
    return { name: 'r', upstream: top, depth: 1, silentMs: 0, isTool: false, seen: seen(replica('r1', '10.0.0.1:6379')) }
  }
  const empty = master(['connected_slaves:0'])
  assert.equal(isUnlisted(node(empty), [empty]), true)
  const top = master(['slave0:ip=10.0.0.9,port=6379,state=online,offset=10,lag=0'])
  const [row] = rows(top, { '10.0.0.9:6379': info('x', ['role:master']) }) as [TreeNode]
  assert.equal(isUnlisted(node(top), [top, row]), false)
  const byRole = { ...empty, seen: { ...seen(info('m', ['role:master'])), isByRole: true as const } }
  assert.equal(isUnlisted(node(byRole), [byRole]), false)
})
