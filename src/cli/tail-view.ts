/** From flags to whatever shows the stream. */
import type { Interfaces } from '@oclif/core'
import { KeyRules } from '../protocol/key-rules.ts'
import { selection } from '../render/select.ts'
import { CsvFormat } from '../render/stream/csv.ts'
import type { Format } from '../render/stream/format.ts'
import { JsonFormat } from '../render/stream/json.ts'
import { Printer } from '../render/stream/printer.ts'
import { RespFormat } from '../render/stream/resp.ts'
import { StatsView } from '../render/stream/stats-view.ts'
import { TemplateFormat } from '../render/stream/template.ts'
import { TextFormat } from '../render/stream/text.ts'
import type { connectionFlags, outputFlags } from './flags.ts'
import type { tailFlags } from './tail-flags.ts'

export type TailFlags = Interfaces.InferredFlags<typeof connectionFlags & typeof outputFlags & typeof tailFlags>

/** @param learnKeys asks the server where the keys of its commands stand; called only where that matters */
export async function tailView(
  flags: TailFlags,
  learnKeys: () => Promise<KeyRules>,
  write: (bytes: Buffer) => Promise<void>,
): Promise<Printer | StatsView> {
  const needsKeys = flags.stats || flags.match !== undefined || flags.template?.includes('%k') === true
  const keys = needsKeys ? await learnKeys() : KeyRules.builtIn()
  const { db = [], command = [], exclude = [], match = [], grep } = flags
  const isWanted = selection({ db, command, exclude, match, ...(grep !== undefined && { grep }) }, keys)
  if (flags.stats) return new StatsView(keys, isWanted, flags.count)
  return new Printer(format(flags, keys), { all: flags.all, flat: flags.flat, count: flags.count, isWanted }, write)
}

function format(flags: TailFlags, keys: KeyRules): Format {
  if (flags.template !== undefined) return new TemplateFormat(flags.template, keys)
  switch (formatName(flags)) {
    case 'json':
      return new JsonFormat()
    case 'csv':
      return new CsvFormat(flags.time)
    case 'resp':
      return new RespFormat()
    default:
      return new TextFormat({ time: flags.time, maxArg: flags['max-arg'] ?? Number.POSITIVE_INFINITY, indent: !flags.flat })
  }
}

/** Whether what an earlier run was killed in has to be ended before anything new is written. */
export function isLineBased(flags: TailFlags): boolean {
  return !flags.stats && formatName(flags) !== 'resp'
}

function formatName({ format, json }: TailFlags): string {
  return format ?? (json ? 'json' : 'text')
}
