/** From flags to whatever shows the stream. */
import type { Interfaces } from '@oclif/core'
import type { connectionFlags, outputFlags } from '../../cli/flags.ts'
import type { CommandView } from '../../engine/follow/consume.ts'
import { KeyRules } from '../../protocol/stream/key-rules.ts'
import { CsvFormat } from '../../render/tail/csv.ts'
import type { Format, Label } from '../../render/tail/format.ts'
import { JsonFormat } from '../../render/tail/json.ts'
import { Printer } from '../../render/tail/printer.ts'
import { RespFormat } from '../../render/tail/resp.ts'
import { selection } from '../../render/tail/select.ts'
import { Counted, StatsView } from '../../render/tail/stats/view.ts'
import { TemplateFormat } from '../../render/tail/template.ts'
import { TextFormat } from '../../render/tail/text.ts'
import type { tailFlags } from './flags.ts'

export type TailFlags = Interfaces.InferredFlags<typeof connectionFlags & typeof outputFlags & typeof tailFlags>

export interface TailView {
  /** @param label where there are several streams */
  readonly ofStream: (label?: Label) => CommandView
  /** Where the stream is counted instead of shown. */
  readonly counted?: Counted
}

/**
 * @param learnKeys asks the server where the keys of its commands stand; called only where that matters
 * @param write takes whole lines, in pieces
 */
export async function tailView(
  flags: TailFlags,
  learnKeys: () => Promise<KeyRules>,
  write: (pieces: Iterable<Buffer>) => Promise<void>,
): Promise<TailView> {
  const needsKeys = flags.stats || flags.match !== undefined || flags.template?.includes('%k') === true
  const keys = needsKeys ? await learnKeys() : KeyRules.builtIn()
  const { db = [], command = [], exclude = [], match = [], grep, count, all, flat } = flags
  const isWanted = selection({ db, command, exclude, match, ...(grep !== undefined && { grep }) }, keys)
  if (flags.stats) {
    const counted = new Counted(keys)
    return { counted, ofStream: (label) => new StatsView(counted, isWanted, count, label !== undefined) }
  }
  const tally = { shown: 0 }
  const ofStream = (named?: Label) => {
    const label = named ?? { shard: '', server: '' }
    return new Printer(format(flags, keys, label, named), { all, flat, count, isWanted, label, tally }, write)
  }
  return { ofStream }
}

/** @param label of the stream, @param named the same where it is one of several */
function format(flags: TailFlags, keys: KeyRules, label: Label, named: Label | undefined): Format {
  if (flags.template !== undefined) return new TemplateFormat(flags.template, keys, label)
  const { time, flat, 'max-arg': maxArg = Number.POSITIVE_INFINITY } = flags
  switch (formatName(flags)) {
    case 'json':
      return new JsonFormat(named)
    case 'csv':
      return new CsvFormat(time, named)
    case 'resp':
      return new RespFormat()
    default:
      return new TextFormat({ time, maxArg, indent: !flat, label: named })
  }
}

/** Whether what an earlier run was killed in has to be ended before anything new is written. */
export function isLineBased(flags: TailFlags): boolean {
  return !flags.stats && formatName(flags) !== 'resp'
}

export function formatName({ format, json, template }: TailFlags): string {
  if (template !== undefined) return 'template'
  return format ?? (json ? 'json' : 'text')
}
