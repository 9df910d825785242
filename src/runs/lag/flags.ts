/** The flags of `lag`, and the plan that they make. */

import { Flags } from '@oclif/core'
import { type AlertRange, parseAlertRange } from '../../diagnosis/lag/alert-range.ts'
import type { Criteria } from '../../diagnosis/lag/check.ts'
import { usageError } from '../../errors.ts'
import type { AlertRanges } from '../../render/lag/nagios.ts'
import { parseDuration } from '../duration.ts'
import { clusterFlag } from '../flags.ts'
import { parseSize } from '../size.ts'
import type { LagFormat, LagPlan } from './plan.ts'

const MEASURE = 'HOW TO MEASURE'
const WATCH = 'WATCH'
const CHECK = 'CHECK'
const TIME = 'TIME'

const LIMITS = ['max-bytes', 'max-seconds', 'min-replicas', 'require-link'] as const

export const lagFlags = {
  cluster: {
    ...clusterFlag,
    exclusive: ['replica'],
    description: 'look at every shard of the cluster that TARGET is a node of; limits hold for each',
  },
  attach: Flags.boolean({
    helpGroup: MEASURE,
    description: 'attach to the master and to each replica as a replica, without a fork, and match when the same byte comes from both',
  }),
  marker: Flags.boolean({
    helpGroup: MEASURE,
    description:
      'publish a marker on the master ten times a second and wait for it at each replica; it grows the history, and touches no key',
  }),
  'marker-key': Flags.string({
    helpGroup: MEASURE,
    helpValue: 'KEY',
    description:
      'write the marker to this key instead, as clusters need it (with --cluster one for each shard, by a hash tag); it expires by itself',
    exclusive: ['marker'],
  }),
  replica: Flags.string({
    helpGroup: MEASURE,
    multiple: true,
    helpValue: 'TARGET',
    description: 'ask this one too, where no list shows it; may be repeated',
  }),
  sample: Flags.string({
    helpGroup: MEASURE,
    default: '2s',
    helpValue: TIME,
    description: 'watch the offsets for so long before a word is said',
  }),
  resolution: Flags.string({
    helpGroup: MEASURE,
    default: '20ms',
    helpValue: TIME,
    description: 'ask the master for its offset each so often: the error bound of the seconds',
  }),
  cut: Flags.string({
    helpGroup: MEASURE,
    default: '60s',
    helpValue: TIME,
    description: 'how long a cut of the link the settings are judged for',
  }),
  watch: Flags.boolean({ helpGroup: WATCH, description: 'look again and again, until Ctrl-C' }),
  interval: Flags.string({
    char: 'i',
    helpGroup: WATCH,
    helpValue: TIME,
    description: 'between two looks; 1s if not given',
    dependsOn: ['watch'],
  }),
  count: Flags.integer({ helpGroup: WATCH, min: 1, helpValue: 'N', description: 'end after N looks', dependsOn: ['watch'] }),
  duration: Flags.string({ helpGroup: WATCH, helpValue: TIME, description: 'end after this time', dependsOn: ['watch'] }),
  'max-bytes': Flags.string({ helpGroup: CHECK, helpValue: 'SIZE', description: 'exit with 1 when a replica is further behind' }),
  'max-seconds': Flags.string({ helpGroup: CHECK, helpValue: 'SECONDS', description: 'the same in time; its upper bound counts' }),
  'min-replicas': Flags.integer({ helpGroup: CHECK, min: 0, helpValue: 'N', description: 'exit with 1 when fewer have their link' }),
  'require-link': Flags.boolean({ helpGroup: CHECK, description: 'exit with 1 when a replica has no link to its master' }),
  for: Flags.string({ helpGroup: CHECK, helpValue: TIME, description: 'all that must hold for so long', exclusive: ['watch'] }),
  wait: Flags.string({ helpGroup: CHECK, helpValue: TIME, description: 'wait for that, no longer than this', exclusive: ['watch'] }),
  format: Flags.string({
    helpGroup: 'OUTPUT',
    options: ['text', 'json', 'prometheus', 'nagios'],
    description: 'text; json, as --json; prometheus: the text exposition format; nagios: one line, with statuses 0 to 3',
    exclusive: ['json'],
  }),
  wide: Flags.boolean({ helpGroup: 'OUTPUT', description: 'show all columns, and each name in full' }),
  warning: Flags.string({ helpGroup: CHECK, helpValue: 'RANGE', description: 'nagios: seconds behind, as in 5 or ~:5' }),
  critical: Flags.string({ helpGroup: CHECK, helpValue: 'RANGE', description: 'nagios: the same' }),
  'warning-bytes': Flags.string({ helpGroup: CHECK, helpValue: 'RANGE', description: 'nagios: bytes behind' }),
  'critical-bytes': Flags.string({ helpGroup: CHECK, helpValue: 'RANGE', description: 'nagios: the same' }),
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
  readonly sample: string
  readonly resolution: string
  readonly cut: string
  readonly interval: string | undefined
  readonly count: number | undefined
  readonly duration: string | undefined
  readonly for: string | undefined
  readonly wait: string | undefined
  readonly 'max-bytes': string | undefined
  readonly 'max-seconds': string | undefined
  readonly 'min-replicas': number | undefined
  readonly 'require-link': boolean
  readonly warning: string | undefined
  readonly critical: string | undefined
  readonly 'warning-bytes': string | undefined
  readonly 'critical-bytes': string | undefined
}

/** @throws ReplError USAGE */
export function lagPlan(flags: LagFlags): LagPlan {
  const format = flags.json ? 'json' : ((flags.format ?? 'text') as LagFormat)
  const ranges = alertRanges(flags)
  refuseContradictions(flags, format, ranges)
  const time = (name: 'duration' | 'for' | 'wait' | 'interval') =>
    flags[name] === undefined ? undefined : parseDuration(flags[name], name)
  const waitMs = time('wait')
  return {
    format,
    isWide: flags.wide,
    criteria: criteria(flags),
    ranges,
    isCluster: flags.cluster,
    replicas: flags.replica ?? [],
    isAttached: flags.attach,
    ...markerOf(flags),
    sampleMs: parseDuration(flags.sample, 'sample'),
    resolutionMs: atLeast(parseDuration(flags.resolution, 'resolution'), 1, '--resolution'),
    cutSeconds: parseDuration(flags.cut, 'cut') / 1000,
    intervalMs: atLeast(time('interval') ?? 1000, 100, '--interval'),
    ...(flags.watch && {
      watch: { count: flags.count ?? Number.POSITIVE_INFINITY, durationMs: time('duration') ?? Number.POSITIVE_INFINITY },
    }),
    forMs: time('for') ?? 0,
    ...(waitMs !== undefined && { waitMs }),
  }
}

function markerOf({ marker, 'marker-key': key }: LagFlags): Pick<LagPlan, 'marker'> {
  if (!marker && key === undefined) return {}
  return { marker: key === undefined ? {} : { key } }
}

/** @throws ReplError USAGE */
function refuseContradictions(flags: LagFlags, format: LagFormat, ranges: AlertRanges): void {
  const isOneShot = format === 'prometheus' || format === 'nagios'
  if (flags.watch && isOneShot) throw usageError(`--watch has no end, and --format ${format} is read as a whole`)
  if (Object.keys(ranges).length > 0 && format !== 'nagios') {
    throw usageError('--warning and --critical are for --format nagios; the others take --max-seconds and --max-bytes')
  }
  const hasLimits = LIMITS.some((name) => flags[name] !== undefined && flags[name] !== false)
  if ((flags.for !== undefined || flags.wait !== undefined) && !hasLimits) {
    throw usageError(`--for and --wait need something that must hold: ${LIMITS.map((name) => `--${name}`).join(', ')}`)
  }
}

function atLeast(ms: number, least: number, flag: string): number {
  if (ms < least) throw usageError(`${flag} is at least ${least}ms`)
  return ms
}

function criteria(flags: LagFlags): Criteria {
  const maxBytes = flags['max-bytes'] === undefined ? undefined : parseSize(flags['max-bytes'], 'max-bytes')
  const maxSeconds = flags['max-seconds'] === undefined ? undefined : parseDuration(flags['max-seconds'], 'max-seconds') / 1000
  const minReplicas = flags['min-replicas']
  return {
    requireLink: flags['require-link'],
    ...(maxBytes !== undefined && { maxBytes }),
    ...(maxSeconds !== undefined && { maxSeconds }),
    ...(minReplicas !== undefined && { minReplicas }),
  }
}

function alertRanges(flags: LagFlags): AlertRanges {
  const rangeOf = (name: 'warning' | 'critical' | 'warning-bytes' | 'critical-bytes'): AlertRange | undefined => {
    const text = flags[name]
    const range = text === undefined ? undefined : parseAlertRange(text)
    if (text !== undefined && !range) throw usageError(`--${name} takes a range such as 10, 10:20, ~:10 or @10:20, not "${text}"`)
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
