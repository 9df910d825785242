/** The flags of `tail`, and the plan that they make. */
import { tmpdir } from 'node:os'
import { Flags } from '@oclif/core'
import type { FollowOptions } from '../../engine/follow/link-plan.ts'
import type { Start } from '../../engine/follow/start.ts'
import type { AckMode } from '../../engine/link/ack.ts'
import { usageError } from '../../errors.ts'
import { isReplid } from '../../protocol/history.ts'
import { parseOffset } from '../../protocol/offset.ts'
import { TEMPLATE_HELP } from '../../render/tail/template.ts'
import { clusterFlag, maxRateFlag } from '../flags.ts'
import { parseRate, parseSize } from '../size.ts'
import { FORMATS, type FormatName, type TailPlan, type ViewPlan } from './plan.ts'
import { rdbPlan } from './rdb-target.ts'

const WHERE = 'WHERE TO START'
const FORMAT = 'FORMAT'
const FILTER = 'FILTER'
const LIMIT = 'LIMIT'
const SURVIVAL = 'SURVIVAL'
const MANNERS = 'MANNERS'
const SECONDS = 'SECONDS'

export const tailFlags = {
  cluster: {
    ...clusterFlag,
    exclusive: ['until-offset'],
    description:
      'follow every shard of the cluster that TARGET is a node of: each line names its server, and --state keeps one checkpoint for all',
  },
  from: Flags.string({
    helpGroup: WHERE,
    helpValue: 'now|backlog|snapshot|ID:OFFSET',
    description:
      'the live end; everything the server still has in its backlog; a full resync, which forks the server; or behind the last byte one has',
    default: 'now',
  }),
  state: Flags.string({
    helpGroup: WHERE,
    helpValue: 'FILE',
    description: 'go on where the run before has ended, and keep the place here; --from counts while the file does not exist',
  }),
  rdb: Flags.string({
    helpGroup: WHERE,
    helpValue: 'FILE',
    description:
      'keep the RDB of --from snapshot or --on-gap resync, verified; compressed if its name ends in .gz or .zst; with --cluster a folder',
  }),
  force: Flags.boolean({ helpGroup: WHERE, description: 'let --rdb replace an existing file', dependsOn: ['rdb'] }),
  'max-rate': { ...maxRateFlag, helpGroup: WHERE },
  'allow-fork': Flags.boolean({
    helpGroup: WHERE,
    description: 'attach also where there is no backlog: a full resync, with an empty RDB on servers that can (7.0 and later)',
  }),
  format: Flags.string({
    helpGroup: FORMAT,
    options: [...FORMATS],
    description: 'text; json: one object a line; csv; resp: the commands as they came, for redis-cli --pipe',
  }),
  template: Flags.string({ helpGroup: FORMAT, helpValue: 'TEMPLATE', description: TEMPLATE_HELP, exclusive: ['format'] }),
  time: Flags.boolean({ helpGroup: FORMAT, description: 'show when each command arrived (text, csv)' }),
  utf8: Flags.boolean({
    helpGroup: FORMAT,
    allowNo: true,
    description: 'show printable characters beyond ASCII as they are (text); by default on a terminal whose locale is UTF-8',
  }),
  'max-arg': Flags.integer({ helpGroup: FORMAT, min: 1, helpValue: 'BYTES', description: 'show no more of an argument (text)' }),
  flat: Flags.boolean({ helpGroup: FORMAT, description: 'show each command as it comes, not a transaction as a whole' }),
  all: Flags.boolean({
    helpGroup: FORMAT,
    description: 'show PING, SELECT, REPLCONF and the hello of Sentinels too; they are always counted',
  }),
  stats: Flags.boolean({
    helpGroup: FORMAT,
    description: 'instead of commands, what the stream consists of: by command, database and key prefix',
    exclusive: ['format', 'template'],
  }),
  db: Flags.integer({
    helpGroup: FILTER,
    min: 0,
    multiple: true,
    helpValue: 'N',
    description: 'only this database, instead of the one in the path of TARGET; may be repeated, as all filters',
  }),
  command: Flags.string({ helpGroup: FILTER, multiple: true, helpValue: 'NAME', description: 'only this command, or name|subcommand' }),
  exclude: Flags.string({ helpGroup: FILTER, multiple: true, helpValue: 'NAME', description: 'all but this command' }),
  match: Flags.string({
    helpGroup: FILTER,
    multiple: true,
    helpValue: 'GLOB',
    description: 'only commands with a key like this, by the rules of KEYS',
  }),
  grep: Flags.string({ helpGroup: FILTER, helpValue: 'REGEX', description: 'only commands like this, as text shows them' }),
  count: Flags.integer({ helpGroup: LIMIT, min: 1, helpValue: 'N', description: 'end when N commands were shown' }),
  duration: Flags.integer({ helpGroup: LIMIT, min: 1, max: 2_147_483, helpValue: SECONDS, description: 'end after this time' }),
  'until-offset': Flags.string({ helpGroup: LIMIT, helpValue: 'OFFSET', description: 'end when this offset is reached' }),
  retry: Flags.boolean({ helpGroup: SURVIVAL, default: true, allowNo: true, description: 'take the stream up again when the link breaks' }),
  'retry-max-time': Flags.integer({
    helpGroup: SURVIVAL,
    min: 1,
    helpValue: SECONDS,
    description: 'give up when the link could not be had for so long',
  }),
  'on-gap': Flags.string({
    helpGroup: SURVIVAL,
    options: ['fail', 'skip', 'resync'],
    default: 'fail',
    description:
      'when the history is gone: end with status 9, go on at the live end with a record of the gap, or take a full resync (a fork)',
  }),
  'spool-max': Flags.string({
    helpGroup: SURVIVAL,
    default: '1gb',
    helpValue: 'SIZE',
    description: 'how much to keep on disk for a reader that does not keep up',
  }),
  'spool-dir': Flags.string({
    helpGroup: SURVIVAL,
    helpValue: 'FOLDER',
    description: 'where; the folder for temporary files if not given',
  }),
  'on-full': Flags.string({
    helpGroup: SURVIVAL,
    options: ['stop', 'block', 'drop'],
    default: 'stop',
    description:
      'when the spool is full: end behind what was received, leave the rest in the buffer of the master, or leave the master and come back when there is room',
  }),
  ack: Flags.string({
    helpGroup: MANNERS,
    options: ['safe', 'zero', 'honest'],
    default: 'safe',
    description:
      'what to tell the master: nothing that a WAIT could count, but leave it when it shuts down and confirm CLUSTER SETSLOT; nothing at all; or what has reached the output',
  }),
}

/** The values of tailFlags, as oclif parses them. */
export interface TailFlags {
  readonly cluster: boolean
  readonly from: string
  readonly state: string | undefined
  readonly rdb: string | undefined
  readonly force: boolean
  readonly 'allow-fork': boolean
  readonly 'max-rate': string | undefined
  readonly format: string | undefined
  readonly json: boolean
  readonly template: string | undefined
  readonly time: boolean
  readonly utf8: boolean | undefined
  readonly 'max-arg': number | undefined
  readonly flat: boolean
  readonly all: boolean
  readonly stats: boolean
  readonly db: readonly number[] | undefined
  readonly command: readonly string[] | undefined
  readonly exclude: readonly string[] | undefined
  readonly match: readonly string[] | undefined
  readonly grep: string | undefined
  readonly count: number | undefined
  readonly duration: number | undefined
  readonly 'until-offset': string | undefined
  readonly retry: boolean
  readonly 'retry-max-time': number | undefined
  readonly 'on-gap': string
  readonly 'on-full': string
  readonly 'spool-max': string
  readonly 'spool-dir': string | undefined
  readonly ack: string
}

const RATE_OF_WHAT = '--max-rate is for the RDB of a full resync: it needs --from snapshot, --on-gap resync or --allow-fork'

/** @param written the flags on the command line, by name: a profile may set --max-rate for dumps only. @throws ReplError USAGE */
export function tailPlan(flags: TailFlags, written: ReadonlySet<string>): TailPlan {
  if (written.has('max-rate') && !canHaveRate(flags)) throw usageError(RATE_OF_WHAT)
  if (flags.state === '') throw usageError('The name of the state file is empty')
  const view = viewPlan(flags)
  const first = firstStart(flags)
  if (flags.cluster) refuseWithCluster(view, first)
  return {
    isCluster: flags.cluster,
    first,
    statePath: flags.state,
    rdb: flags.rdb === undefined ? undefined : rdbPlan(flags.rdb, flags.force, flags.cluster),
    follow: {
      ack: flags.ack as AckMode,
      onGap: flags['on-gap'] as FollowOptions['onGap'],
      onFull: flags['on-full'] as FollowOptions['onFull'],
      spoolBytes: parseSize(flags['spool-max'], 'spool-max'),
      allowFork: flags['allow-fork'],
      ...parseRate(flags['max-rate']),
      retry: { isOn: flags.retry, ...(flags['retry-max-time'] !== undefined && { maxMs: flags['retry-max-time'] * 1000 }) },
    },
    spoolFolder: flags['spool-dir'] ?? tmpdir(),
    view,
    durationMs: flags.duration === undefined ? undefined : flags.duration * 1000,
    untilOffset: parseLimit(flags['until-offset']),
  }
}

function viewPlan(flags: TailFlags): ViewPlan {
  const { template, format, json, db = [], command = [], exclude = [], match = [], grep } = flags
  return {
    format: template !== undefined ? 'template' : ((format ?? (json ? 'json' : 'text')) as FormatName),
    template,
    hasTime: flags.time,
    utf8: flags.utf8,
    maxArg: flags['max-arg'] ?? Number.POSITIVE_INFINITY,
    isFlat: flags.flat,
    showsAll: flags.all,
    isStats: flags.stats,
    filter: { db, command, exclude, match, ...(grep !== undefined && { grep }) },
    count: flags.count,
  }
}

/** @throws ReplError USAGE */
function refuseWithCluster({ format }: ViewPlan, { kind }: Start): void {
  if (format === 'resp') throw usageError('--format resp names no shard: follow each master by itself, without --cluster')
  if (kind === 'after') throw usageError('--from ID:OFFSET is of one history: with --cluster, --state keeps the place of each shard')
}

/** Where a run starts when there is no checkpoint. @throws ReplError USAGE */
function firstStart(flags: TailFlags): Start {
  const start = parseStart(flags.from)
  if (flags.rdb === '') throw usageError('The name of the RDB file is empty')
  if (flags.rdb !== undefined && start.kind !== 'snapshot' && flags['on-gap'] !== 'resync') {
    throw usageError('--rdb keeps the RDB of a full resync: it needs --from snapshot or --on-gap resync')
  }
  return start
}

/** --max-rate needs an RDB to slow down. */
function canHaveRate(flags: TailFlags): boolean {
  return flags.from === 'snapshot' || flags['on-gap'] === 'resync' || flags['allow-fork']
}

function parseStart(text: string): Start {
  if (text === 'now' || text === 'backlog' || text === 'snapshot') return { kind: text }
  const [replid = '', offsetText = ''] = text.split(':')
  const offset = parseOffset(offsetText)
  if (!isReplid(replid) || offset === undefined || offset < 0) {
    throw usageError(`--from takes now, backlog, snapshot or ID:OFFSET with the 40 characters of a replid, not "${text}"`)
  }
  return { kind: 'after', position: { replid: replid.toLowerCase(), offset } }
}

function parseLimit(text: string | undefined): number | undefined {
  const offset = text === undefined ? undefined : parseOffset(text)
  if (text !== undefined && (offset === undefined || offset < 0)) throw usageError(`--until-offset takes an offset, not "${text}"`)
  return offset
}
