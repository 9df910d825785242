/** Reports of `lag` as a survey makes them, for tests of what is printed. */
import type { LagReport, MasterReport, ReplicaReport } from '../../src/diagnosis/lag/lag.ts'

function master(more: Partial<MasterReport> = {}): MasterReport {
  return {
    name: '10.0.0.1:6379',
    silentMs: 0,
    identity: { flavour: 'redis', version: '8.6.3', mode: 'standalone' },
    replid: 'a'.repeat(40),
    offset: 1000,
    backlog: { size: 1_048_576, histlen: 1000 },
    writes: { average: 100_000, p99: 200_000, peak: 300_000, overMs: 2000 },
    isReplica: false,
    ...more,
  }
}

export function replica(name: string, more: Partial<ReplicaReport> = {}): ReplicaReport {
  return { name, upstream: '10.0.0.1:6379', depth: 1, state: 'online', silentMs: 0, ...more }
}

export const behind = (bytes: number, low: number, high?: number) => ({
  method: 'info' as const,
  bytes,
  mostBytes: bytes,
  bounds: { low, ...(high !== undefined && { high }) },
})

export const report = (replicas: ReplicaReport[], more: Partial<MasterReport> = {}): LagReport => ({
  at: new Date(0),
  master: master(more),
  replicas,
  isNewHistory: false,
})
