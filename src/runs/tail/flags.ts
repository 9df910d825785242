/** The flags of `tail`, and what they mean to the engine and to the view. */
import { tmpdir } from 'node:os'
import { Flags } from '@oclif/core'
import { clusterFlag, maxRateFlag } from '../../cli/flags.ts'
import type { FollowOptions } from '../../engine/follow/follow.ts'
import type { Start } from '../../engine/follow/start.ts'
import { usageError } from '../../errors.ts'
import { NullSink, RdbFile } from '../../io/sinks/rdb-file.ts'
import type { SavedState } from '../../io/sinks/state-file.ts'
import { parseOffset } from '../../protocol/offset.ts'
import { isReplid } from '../../protocol/replid.ts'
import { TEMPLATE_HELP } from '../../render/tail/template.ts'
import { parseRate, parseSize } from '../size.ts'

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
    description: 'keep the RDB of --from snapshot or --on-gap resync, verified; with --cluster a folder',
  }),
  force: Flags.boolean({ helpGroup: WHERE, description: 'let --rdb replace an existing file', dependsOn: ['rdb'] }),
  'max-rate': { ...maxRateFlag, helpGroup: WHERE },
  'allow-fork': Flags.boolean({
    helpGroup: WHERE,
    description: 'attach also where there is no backlog: a full resync, with an empty RDB on servers that can (7.0 and later)',
  }),
  format: Flags.string({
    helpGroup: FORMAT,
    options: ['text', 'json', 'csv', 'resp'],
    description: 'text; json: one object a line; csv; resp: the commands as they came, for redis-cli --pipe',
  }),
  template: Flags.string({ helpGroup: FORMAT, helpValue: 'TEMPLATE', description: TEMPLATE_HELP, exclusive: ['format'] }),
  time: Flags.boolean({ helpGroup: FORMAT, description: 'show when each command arrived (text, csv)' }),
  'max-arg': Flags.integer({ helpGroup: FORMAT, min: 1, helpValue: 'BYTES', description: 'show no more of an argument (text)' }),
  flat: Flags.boolean({ helpGroup: FORMAT, description: 'show each command as it comes, not a transaction as a whole' }),
  all: Flags.boolean({ helpGroup: FORMAT, description: 'show PING, SELECT and REPLCONF too; they are always counted' }),
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
    description: 'only this database; may be repeated, as all filters',
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
interface StartFlags {
  readonly from: string
  readonly rdb: string | undefined
  readonly force: boolean
  readonly 'allow-fork': boolean
  readonly 'max-rate': string | undefined
  readonly retry: boolean
  readonly 'retry-max-time': number | undefined
  readonly 'on-gap': string
  readonly 'on-full': string
  readonly 'spool-max': string
  readonly ack: string
}

type Followed = Pick<FollowOptions, 'start' | 'ack' | 'onGap' | 'onFull' | 'spoolBytes' | 'retry' | 'rdb' | 'allowFork' | 'maxRate'>

/** Of what all shards of a cluster have together, the part of one. */
export interface Part {
  /** One of so many. */
  readonly of: number
  /** Where the RDB goes, where it is kept. */
  readonly rdb?: string | undefined
}

/** @throws ReplError USAGE. */
export function followOptions(flags: StartFlags, start: Start, { of, rdb: path }: Part): Followed {
  const { force } = flags
  const rate = parseRate(flags['max-rate'])
  return {
    start,
    ack: flags.ack as FollowOptions['ack'],
    onGap: flags['on-gap'] as FollowOptions['onGap'],
    onFull: flags['on-full'] as FollowOptions['onFull'],
    spoolBytes: Math.ceil(parseSize(flags['spool-max'], 'spool-max') / of),
    allowFork: flags['allow-fork'],
    ...(rate.maxRate !== undefined && { maxRate: rate.maxRate / of }),
    retry: { isOn: flags.retry, ...(flags['retry-max-time'] !== undefined && { maxMs: flags['retry-max-time'] * 1000 }) },
    rdb: async () => (path === undefined ? { sink: new NullSink() } : { sink: await RdbFile.create(path, force), path }),
  }
}

/** Where a run begins that no other has begun. @throws ReplError USAGE. */
export function firstStart(flags: StartFlags): Start {
  const start = parseStart(flags.from)
  if (flags.rdb === '') throw usageError('The name of the RDB file is empty')
  if (flags.rdb !== undefined && start.kind !== 'snapshot' && flags['on-gap'] !== 'resync') {
    throw usageError('--rdb keeps the RDB of a full resync: it needs --from snapshot or --on-gap resync')
  }
  return start
}

/** Where no RDB can come, nothing is slowed down. */
export function canHaveRate(flags: StartFlags): boolean {
  return flags.from === 'snapshot' || flags['on-gap'] === 'resync' || flags['allow-fork']
}

/** Where an earlier run has ended. */
export function placeOf({ replid, offset, db, transaction }: SavedState): Start {
  return { kind: 'place', replid, place: { offset, db: db ?? undefined, transaction: transaction ?? undefined } }
}

function parseStart(text: string): Start {
  if (text === 'now' || text === 'backlog' || text === 'snapshot') return { kind: text }
  const [replid = '', offsetText = ''] = text.split(':')
  const offset = parseOffset(offsetText)
  if (!isReplid(replid) || offset === undefined || offset < 0) {
    throw usageError(`--from takes now, backlog, snapshot or ID:OFFSET with the 40 characters of a replid, not "${text}"`)
  }
  return { kind: 'position', position: { replid: replid.toLowerCase(), offset } }
}

export function parseLimit(text: string | undefined): number | undefined {
  const offset = text === undefined ? undefined : parseOffset(text)
  if (text !== undefined && (offset === undefined || offset < 0)) throw usageError(`--until-offset takes an offset, not "${text}"`)
  return offset
}

export function spoolFolder(folder: string | undefined): string {
  return folder ?? tmpdir()
}
