/** What the flags of `tail` mean together. */
import { tmpdir } from 'node:os'
import type { FollowOptions } from '../../engine/follow/link-plan.ts'
import type { Start } from '../../engine/follow/start.ts'
import type { AckMode } from '../../engine/link/ack.ts'
import { usageError } from '../../errors.ts'
import { isReplid } from '../../protocol/history.ts'
import { parseOffset } from '../../protocol/offset.ts'
import type { TailFlags } from './flags.ts'
import type { FormatName, TailPlan, ViewPlan } from './plan.ts'
import { rdbPlan } from './rdb-target.ts'

const RATE_OF_WHAT = '--max-rate limits the RDB of a full resync; it needs --from snapshot, --on-gap resync or --allow-fork'

/** @param written the flags on the command line, by name: a profile may set --max-rate for dumps only. @throws ReplError USAGE */
export function tailPlan(flags: TailFlags, written: ReadonlySet<string>): TailPlan {
  if (written.has('max-rate') && !canHaveRate(flags)) throw usageError(RATE_OF_WHAT)
  if (flags.state === '') throw usageError('--state takes the name of a file, which is empty here')
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
      spoolBytes: flags['spool-max'],
      allowFork: flags['allow-fork'],
      ...(flags['max-rate'] !== undefined && { maxRate: flags['max-rate'] }),
      retry: { isOn: flags.retry, ...(flags['retry-max-time'] !== undefined && { maxMs: flags['retry-max-time'] }) },
    },
    spoolFolder: flags['spool-dir'] ?? tmpdir(),
    view,
    durationMs: flags.duration,
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
  if (format === 'resp')
    throw usageError('--format resp cannot name the shard of a command; run one tail for each master, without --cluster')
  if (kind === 'after') throw usageError('--from ID:OFFSET is a position in one history; with --cluster, use --state')
}

/** Where a run starts when there is no checkpoint. @throws ReplError USAGE */
function firstStart(flags: TailFlags): Start {
  const start = parseStart(flags.from)
  if (flags.rdb === '') throw usageError('--rdb takes the name of a file, which is empty here')
  if (flags.rdb !== undefined && start.kind !== 'snapshot' && flags['on-gap'] !== 'resync') {
    throw usageError('--rdb keeps the RDB of a full resync; it needs --from snapshot or --on-gap resync')
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
    throw usageError('--from takes now, backlog, snapshot or ID:OFFSET (ID: the 40 characters of a replid)')
  }
  return { kind: 'after', position: { replid: replid.toLowerCase(), offset } }
}

function parseLimit(text: string | undefined): number | undefined {
  const offset = text === undefined ? undefined : parseOffset(text)
  if (text !== undefined && (offset === undefined || offset < 0)) throw usageError('--until-offset takes an offset')
  return offset
}
