/** The flags of `psync`, and the plan that they make. */
import { Flags } from '@oclif/core'
import { clusterFlags, durationFlag, watchFlags } from '../flags.ts'
import type { PsyncPlan } from './plan.ts'

const FULL_ONLY = ['cluster', 'replid', 'offset', 'from-replica', 'explain', 'allow-fork', 'expect', 'watch', 'list-lost']

const INTERVAL_MS = 5000

export const psyncFlags = {
  'from-replica': Flags.string({
    helpValue: 'TARGET',
    summary: 'ask for the position of this replica, or future replica',
    description:
      'ask for the position of this replica, or of a master that would become one; it gets the same login unless its URI has one',
  }),
  'list-lost': Flags.boolean({
    description: 'print the writes that this replica would discard',
    dependsOn: ['from-replica'],
    exclusive: ['watch', 'json'],
  }),
  replid: Flags.string({
    helpValue: 'ID',
    description: 'ask for this history (master_replid)',
    dependsOn: ['offset'],
    exclusive: ['from-replica'],
  }),
  offset: Flags.string({
    helpValue: 'N',
    description: 'last offset received, as INFO shows it',
    dependsOn: ['replid'],
  }),
  explain: Flags.boolean({ description: 'predict from INFO only; do not attach', exclusive: ['allow-fork'] }),
  'allow-fork': Flags.boolean({ description: 'send PSYNC even if its refusal makes the server fork' }),
  expect: Flags.string({
    options: ['partial', 'continue', 'full'],
    description: 'exit with 1 if the answer differs; continue is partial',
  }),
  sample: durationFlag({ max: 3_600_000, default: 1000, description: 'measure the write rate for this long' }),
  full: Flags.boolean({ description: 'do a full resync on purpose and measure it (forks)', exclusive: FULL_ONLY }),
  diskless: Flags.boolean({ description: 'with --full: write no temporary file', dependsOn: ['full'] }),
  ...watchFlags('repeat and report changes until --expect fails', INTERVAL_MS, { min: 1000, max: 86_400_000 }),
  ...clusterFlags,
  cluster: { ...clusterFlags.cluster, exclusive: ['replid', 'from-replica', 'watch'] },
}

/** The values of psyncFlags, as oclif parses them. */
interface PsyncFlags {
  readonly cluster: boolean
  readonly jobs: number | undefined
  readonly replid: string | undefined
  readonly offset: string | undefined
  readonly 'from-replica': string | undefined
  readonly 'list-lost': boolean
  readonly explain: boolean
  readonly 'allow-fork': boolean
  readonly expect: string | undefined
  readonly sample: number
  readonly watch: boolean
  readonly interval: number | undefined
  readonly count: number | undefined
  readonly duration: number | undefined
  readonly full: boolean
  readonly diskless: boolean
}

export function psyncPlan(flags: PsyncFlags): PsyncPlan {
  const { full, diskless, cluster, jobs, explain, expect, sample, watch, interval = INTERVAL_MS } = flags
  if (full) return { kind: 'full', isDiskless: diskless }
  const question = {
    asked: { replid: flags.replid, offset: flags.offset, fromReplica: flags['from-replica'] },
    isByInfoAlone: explain,
    allowFork: flags['allow-fork'],
    expected: expect === 'continue' ? 'partial' : expect,
    sampleMs: sample,
    listsLost: flags['list-lost'],
  }
  if (cluster) return { kind: 'cluster', question, jobs }
  if (!watch) return { kind: 'once', question }
  const limits = { count: flags.count ?? Number.POSITIVE_INFINITY, durationMs: flags.duration ?? Number.POSITIVE_INFINITY }
  return { kind: 'watch', question, watch: { everyMs: interval, ...limits } }
}
