/** The flags of `tail`. */
import { Flags } from '@oclif/core'
import { TEMPLATE_HELP } from '../../render/tail/template.ts'
import { clusterFlag, durationFlag, maxRateFlag, sizeFlag } from '../flags.ts'
import { FORMATS } from './plan.ts'

const START = 'START'
const FORMAT = 'FORMAT'
const FILTERS = 'FILTERS (all but --grep are repeatable)'
const LIMITS = 'LIMITS'
const RECOVERY = 'RECOVERY'

export const tailFlags = {
  cluster: {
    ...clusterFlag,
    helpGroup: START,
    exclusive: ['until-offset'],
    description: 'follow every shard of the cluster of TARGET',
  },
  from: Flags.string({
    helpGroup: START,
    helpValue: 'START',
    summary: 'now, backlog, snapshot (forks) or ID:OFFSET',
    description:
      'now: the live end; backlog: all of the backlog; snapshot: a full resync (forks); ID:OFFSET: after this last byte received',
    default: 'now',
  }),
  state: Flags.string({
    helpGroup: START,
    helpValue: 'FILE',
    summary: 'keep the position in this file; resume from it if it exists',
    description: 'keep the position in this file, and resume from it; --from counts only until the file exists',
  }),
  rdb: Flags.string({
    helpGroup: START,
    helpValue: 'FILE',
    summary: 'keep the RDB of a full resync; .gz or .zst compresses it',
    description:
      'keep the RDB of a full resync (--from snapshot, --on-gap resync), verified; .gz or .zst compresses it; with --cluster a folder',
  }),
  force: Flags.boolean({ helpGroup: START, description: 'let --rdb replace an existing file', dependsOn: ['rdb'] }),
  'max-rate': { ...maxRateFlag, helpGroup: START },
  'allow-fork': Flags.boolean({
    helpGroup: START,
    summary: 'attach even without a backlog, by a full resync',
    description: 'attach even without a backlog, by a full resync; its RDB is empty on 7.0 and later',
  }),
  format: Flags.string({
    helpGroup: FORMAT,
    options: [...FORMATS],
    description: 'resp: as received, for redis-cli --pipe',
  }),
  template: Flags.string({
    helpGroup: FORMAT,
    helpValue: 'TEMPLATE',
    summary: 'a format of your own (see --help --all)',
    description: TEMPLATE_HELP,
    exclusive: ['format'],
  }),
  time: Flags.boolean({ helpGroup: FORMAT, description: 'show the time of arrival (text, csv)' }),
  utf8: Flags.boolean({
    helpGroup: FORMAT,
    allowNo: true,
    summary: 'show Unicode as is (default on UTF-8 terminals)',
    description: 'show printable characters beyond ASCII as they are (text); the default on a terminal whose locale is UTF-8',
  }),
  'max-arg': sizeFlag({ helpGroup: FORMAT, min: 1, description: 'shorten longer arguments (text)' }),
  flat: Flags.boolean({ helpGroup: FORMAT, description: 'show commands at once, not whole transactions' }),
  all: Flags.boolean({
    helpGroup: FORMAT,
    summary: 'also show PING, SELECT and the like',
    description: 'also show PING, SELECT, REPLCONF and Sentinel hellos; they are always counted',
  }),
  stats: Flags.boolean({
    helpGroup: FORMAT,
    summary: 'show statistics instead of commands',
    description: 'show statistics by command, database and key prefix instead of commands',
    exclusive: ['format', 'template'],
  }),
  db: Flags.integer({
    helpGroup: FILTERS,
    min: 0,
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'N',
    description: 'only this database (default: that of TARGET)',
  }),
  command: Flags.string({
    helpGroup: FILTERS,
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'NAME',
    description: 'only this command, or NAME|SUBCOMMAND',
  }),
  exclude: Flags.string({
    helpGroup: FILTERS,
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'NAME',
    description: 'not this command',
  }),
  match: Flags.string({
    helpGroup: FILTERS,
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'GLOB',
    description: 'only commands with a matching key (as KEYS)',
  }),
  grep: Flags.string({ helpGroup: FILTERS, helpValue: 'REGEX', description: 'only commands whose text matches' }),
  count: Flags.integer({ helpGroup: LIMITS, min: 1, helpValue: 'N', description: 'stop after N commands' }),
  duration: durationFlag({ helpGroup: LIMITS, min: 1, description: 'stop after this time' }),
  'until-offset': Flags.string({ helpGroup: LIMITS, helpValue: 'OFFSET', description: 'stop at this offset' }),
  retry: Flags.boolean({ helpGroup: RECOVERY, default: true, allowNo: true, description: 'reconnect and resume if the link breaks' }),
  'retry-max-time': durationFlag({ helpGroup: RECOVERY, min: 1, description: 'give up after this time without a link' }),
  'on-gap': Flags.string({
    helpGroup: RECOVERY,
    options: ['fail', 'skip', 'resync'],
    default: 'fail',
    description: 'if commands are lost: exit with 9, record the gap and continue, or do a full resync',
  }),
  'spool-max': sizeFlag({ helpGroup: RECOVERY, default: 1024 ** 3, description: 'disk space for a slow reader' }),
  'spool-dir': Flags.string({
    helpGroup: RECOVERY,
    helpValue: 'FOLDER',
    description: 'folder for that (default: the temporary one)',
  }),
  'on-full': Flags.string({
    helpGroup: RECOVERY,
    options: ['stop', 'block', 'drop'],
    default: 'stop',
    description: 'if that is full: stop, stop reading, or disconnect until there is room',
  }),
  ack: Flags.string({
    helpGroup: RECOVERY,
    options: ['safe', 'zero', 'honest'],
    default: 'safe',
    summary: 'offset to acknowledge: none that WAIT counts, 0, or what was output',
    description:
      'offset to acknowledge. safe: none that WAIT counts, but confirm SHUTDOWN and CLUSTER SETSLOT; zero: always 0; honest: what was output',
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
  readonly 'max-rate': number | undefined
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
  readonly 'spool-max': number
  readonly 'spool-dir': string | undefined
  readonly ack: string
}
