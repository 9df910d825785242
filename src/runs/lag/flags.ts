/** The flags of `lag`, and the plan that they make. */

import { Flags } from '@oclif/core'
import { type AlertRange, parseAlertRange } from '../../diagnosis/lag/alert-range.ts'
import type { Criteria } from '../../diagnosis/lag/check.ts'
import { usageError } from '../../errors.ts'
import type { AlertRanges } from '../../render/lag/nagios.ts'
import { clusterFlag, durationFlag, sizeFlag, WATCH, watchFlags } from '../flags.ts'
import { parseListenAddress } from './listen-address.ts'
import type { LagFormat, LagPlan } from './plan.ts'

const MEASURE = 'MEASUREMENT'
const CHECK = 'CHECKS (exit with 1 if one fails)'
const NAGIOS = 'NAGIOS'

const LIMITS = ['max-bytes', 'max-seconds', 'min-replicas', 'require-link'] as const

const INTERVAL_MS = 1000

export const lagFlags = {
  cluster: {
    ...clusterFlag,
    helpGroup: MEASURE,
    exclusive: ['replica'],
    description: 'every shard of the cluster of TARGET; checks hold for each',
  },
  attach: Flags.boolean({
    helpGroup: MEASURE,
    summary: 'attach to master and replicas (no fork), compare streams',
    description: 'attach to the master and each replica, without a fork, and compare when the same byte arrives',
  }),
  marker: Flags.boolean({
    helpGroup: MEASURE,
    description: 'publish ten markers a second and time each replica',
  }),
  'marker-key': Flags.string({
    helpGroup: MEASURE,
    helpValue: 'KEY',
    summary: 'write markers to this key instead, as clusters need it',
    description: 'write the markers to this key instead, as clusters need it (one key for each shard, by a hash tag); it expires by itself',
    exclusive: ['marker'],
  }),
  replica: Flags.string({
    helpGroup: MEASURE,
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'TARGET',
    description: 'also measure this replica; repeatable',
  }),
  sample: durationFlag({ helpGroup: MEASURE, default: 2000, description: 'watch the offsets for this long' }),
  resolution: durationFlag({
    helpGroup: MEASURE,
    min: 1,
    default: 20,
    summary: 'how often to read the master’s offset',
    description: 'how often to read the master’s offset: the error bound of lag in seconds',
  }),
  cut: durationFlag({ helpGroup: MEASURE, default: 60_000, description: 'link failure that the forecast assumes' }),
  ...watchFlags('repeat until Ctrl-C', INTERVAL_MS, { min: 100 }, ['listen']),
  listen: Flags.string({
    helpGroup: WATCH,
    helpValue: '[ADDR]:PORT',
    summary: 'serve /metrics (Prometheus) and /healthz until Ctrl-C',
    description: 'keep measuring and serve /metrics (Prometheus) and /healthz over HTTP until Ctrl-C; ADDR is 127.0.0.1 by default',
    exclusive: ['watch', 'json', 'for', 'wait'],
  }),
  'max-bytes': sizeFlag({ helpGroup: CHECK, description: 'most bytes that a replica may lag' }),
  'max-seconds': durationFlag({ helpGroup: CHECK, description: 'most time that a replica may lag, by its upper bound' }),
  'min-replicas': Flags.integer({ helpGroup: CHECK, min: 0, helpValue: 'N', description: 'fewest replicas with a link' }),
  'require-link': Flags.boolean({ helpGroup: CHECK, description: 'every replica must have a link to its master' }),
  for: durationFlag({ helpGroup: CHECK, description: 'the checks must hold for this long', exclusive: ['watch'] }),
  wait: durationFlag({ helpGroup: CHECK, description: 'wait at most this long until the checks hold', exclusive: ['watch'] }),
  warning: Flags.string({ helpGroup: NAGIOS, helpValue: 'RANGE', description: 'lag in seconds, for example 5 or ~:5' }),
  critical: Flags.string({ helpGroup: NAGIOS, helpValue: 'RANGE', description: 'lag in seconds' }),
  'warning-bytes': Flags.string({ helpGroup: NAGIOS, helpValue: 'RANGE', description: 'lag in bytes' }),
  'critical-bytes': Flags.string({ helpGroup: NAGIOS, helpValue: 'RANGE', description: 'lag in bytes' }),
  format: Flags.string({
    helpGroup: 'OUTPUT',
    options: ['text', 'json', 'prometheus', 'nagios'],
    description: 'nagios: one line, exit status 0 to 3',
  }),
  wide: Flags.boolean({ helpGroup: 'OUTPUT', description: 'show all columns, and each name in full' }),
}

/** The values of lagFlags that the plan needs, as oclif parses them. */
interface LagFlags {
  readonly cluster: boolean
  readonly attach: boolean
  readonly marker: boolean
  readonly 'marker-key': string | undefined
  readonly replica: readonly string[] | undefined
  readonly format: string | undefined
  readonly json: boolean
  readonly wide: boolean
  readonly watch: boolean
  readonly listen: string | undefined
  readonly sample: number
  readonly resolution: number
  readonly cut: number
  readonly interval: number | undefined
  readonly count: number | undefined
  readonly duration: number | undefined
  readonly for: number | undefined
  readonly wait: number | undefined
  readonly 'max-bytes': number | undefined
  readonly 'max-seconds': number | undefined
  readonly 'min-replicas': number | undefined
  readonly 'require-link': boolean
  readonly warning: string | undefined
  readonly critical: string | undefined
  readonly 'warning-bytes': string | undefined
  readonly 'critical-bytes': string | undefined
}

/** @throws ReplError USAGE */
export function lagPlan(flags: LagFlags): LagPlan {
  const format = flags.json ? 'json' : ((flags.format ?? (flags.listen === undefined ? 'text' : 'prometheus')) as LagFormat)
  const ranges = alertRanges(flags)
  refuseContradictions(flags, format, ranges)
  return {
    format,
    isWide: flags.wide,
    criteria: criteria(flags),
    ranges,
    isCluster: flags.cluster,
    replicas: flags.replica ?? [],
    isAttached: flags.attach,
    ...markerOf(flags),
    sampleMs: flags.sample,
    resolutionMs: flags.resolution,
    cutSeconds: flags.cut / 1000,
    intervalMs: flags.interval ?? INTERVAL_MS,
    ...(flags.watch && {
      watch: { count: flags.count ?? Number.POSITIVE_INFINITY, durationMs: flags.duration ?? Number.POSITIVE_INFINITY },
    }),
    ...(flags.listen !== undefined && { listen: parseListenAddress(flags.listen) }),
    forMs: flags.for ?? 0,
    ...(flags.wait !== undefined && { waitMs: flags.wait }),
  }
}

function markerOf({ marker, 'marker-key': key }: LagFlags): Pick<LagPlan, 'marker'> {
  if (!marker && key === undefined) return {}
  return { marker: key === undefined ? {} : { key } }
}

/** @throws ReplError USAGE */
function refuseContradictions(flags: LagFlags, format: LagFormat, ranges: AlertRanges): void {
  const isOneShot = format === 'prometheus' || format === 'nagios'
  if (flags.watch && isOneShot) throw usageError(`--format ${format} cannot be combined with --watch`)
  if (flags.listen !== undefined && format !== 'prometheus') throw usageError(`--format ${format} cannot be combined with --listen`)
  if (Object.keys(ranges).length > 0 && format !== 'nagios') {
    throw usageError('--warning and --critical need --format nagios; other formats take --max-seconds and --max-bytes')
  }
  const hasLimits = LIMITS.some((name) => flags[name] !== undefined && flags[name] !== false)
  if ((flags.for !== undefined || flags.wait !== undefined) && !hasLimits) {
    throw usageError(`--for and --wait need a check: ${LIMITS.map((name) => `--${name}`).join(', ')}`)
  }
}

function criteria(flags: LagFlags): Criteria {
  const { 'max-bytes': maxBytes, 'max-seconds': maxMs, 'min-replicas': minReplicas } = flags
  return {
    requireLink: flags['require-link'],
    ...(maxBytes !== undefined && { maxBytes }),
    ...(maxMs !== undefined && { maxSeconds: maxMs / 1000 }),
    ...(minReplicas !== undefined && { minReplicas }),
  }
}

function alertRanges(flags: LagFlags): AlertRanges {
  const rangeOf = (name: 'warning' | 'critical' | 'warning-bytes' | 'critical-bytes'): AlertRange | undefined => {
    const text = flags[name]
    const range = text === undefined ? undefined : parseAlertRange(text)
    if (text !== undefined && !range) throw usageError(`--${name} takes a range such as 10, 10:20, ~:10 or @10:20`)
    return range
  }
  const [warning, critical, warningBytes, criticalBytes] = [
    rangeOf('warning'),
    rangeOf('critical'),
    rangeOf('warning-bytes'),
    rangeOf('critical-bytes'),
  ]
  return {
    ...(warning && { warning }),
    ...(critical && { critical }),
    ...(warningBytes && { warningBytes }),
    ...(criticalBytes && { criticalBytes }),
  }
}
