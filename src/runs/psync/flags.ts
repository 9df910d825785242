/** The flags of `psync`, and the plan that they make. */
import { Flags } from '@oclif/core'
import { clusterFlags } from '../flags.ts'
import type { PsyncPlan } from './plan.ts'

const FULL_ONLY = ['cluster', 'replid', 'offset', 'from-replica', 'explain', 'allow-fork', 'expect', 'watch', 'list-lost']

export const psyncFlags = {
  ...clusterFlags,
  cluster: { ...clusterFlags.cluster, exclusive: ['replid', 'from-replica', 'watch'] },
  replid: Flags.string({ description: 'the history to ask for (master_replid)', dependsOn: ['offset'], exclusive: ['from-replica'] }),
  offset: Flags.string({
    description: 'the last byte one has, as INFO and ACK speak of it; PSYNC asks for the one behind it',
    dependsOn: ['replid'],
  }),
  'from-replica': Flags.string({
    helpValue: 'TARGET',
    description:
      'answer for the position of this real replica, or of a master that would become one; with the same password unless its URI has one',
  }),
  'list-lost': Flags.boolean({
    description: 'with --from-replica: print the writes that the replica would discard, from its backlog',
    dependsOn: ['from-replica'],
    exclusive: ['watch', 'json'],
  }),
  explain: Flags.boolean({ description: 'decide from INFO alone and attach nothing', exclusive: ['allow-fork'] }),
  'allow-fork': Flags.boolean({ description: 'send PSYNC also where its refusal forks the server or changes its replid' }),
  expect: Flags.string({
    options: ['partial', 'continue', 'full'],
    description: 'exit with 1 if the answer is another; continue is the same as partial',
  }),
  sample: Flags.integer({
    min: 0,
    max: 3600,
    default: 1,
    helpValue: 'SECONDS',
    description: 'measure the write rate for so long; 0: do not',
  }),
  watch: Flags.boolean({ description: 'ask again and again and report each change, until Ctrl-C or until --expect fails' }),
  interval: Flags.integer({
    char: 'i',
    min: 1,
    max: 86_400,
    helpValue: 'SECONDS',
    description: 'between two questions of --watch; 5 if not given',
    dependsOn: ['watch'],
  }),
  full: Flags.boolean({ description: 'a full resync on purpose: the server forks', exclusive: FULL_ONLY }),
  diskless: Flags.boolean({
    description: 'with --full: verify the payload on its way through instead of writing a temporary file',
    dependsOn: ['full'],
  }),
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
  readonly full: boolean
  readonly diskless: boolean
}

export function psyncPlan(flags: PsyncFlags): PsyncPlan {
  const { full, diskless, cluster, jobs, explain, expect, sample, watch, interval = 5 } = flags
  if (full) return { kind: 'full', isDiskless: diskless }
  const question = {
    asked: { replid: flags.replid, offset: flags.offset, fromReplica: flags['from-replica'] },
    isByInfoAlone: explain,
    allowFork: flags['allow-fork'],
    expected: expect === 'continue' ? 'partial' : expect,
    sampleMs: sample * 1000,
    listsLost: flags['list-lost'],
  }
  if (cluster) return { kind: 'cluster', question, jobs }
  return watch ? { kind: 'watch', question, everyMs: interval * 1000 } : { kind: 'once', question }
}
