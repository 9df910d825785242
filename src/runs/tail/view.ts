/** Chooses the view that shows the stream. */
import type { CommandView } from '../../engine/follow/command-view.ts'
import type { Output } from '../../engine/follow/output.ts'
import { KeyRules } from '../../protocol/stream/key-rules.ts'
import type { About } from '../../render/base/report.ts'
import type { Screen } from '../../render/base/screen.ts'
import { Columns } from '../../render/tail/columns.ts'
import { CsvFormat } from '../../render/tail/csv.ts'
import type { Format, Label } from '../../render/tail/format.ts'
import { JsonFormat } from '../../render/tail/json.ts'
import { Printer } from '../../render/tail/printer.ts'
import { RespFormat } from '../../render/tail/resp.ts'
import { selection } from '../../render/tail/select.ts'
import { Counted, StatsView } from '../../render/tail/stats/view.ts'
import { TemplateFormat } from '../../render/tail/template.ts'
import { TextFormat, type TextOptions } from '../../render/tail/text.ts'
import type { ViewPlan } from './plan.ts'

export interface TailView {
  /** @param label absent for a single stream */
  readonly ofStream: (label?: Label) => CommandView
  /** Present when the stream is counted instead of shown. */
  readonly counted?: Counted
}

/** What the view needs to know besides the plan. */
export interface ViewContext {
  /** Begins the records of JSON. */
  readonly about: About
  /** The terminal on which the stream is shown; undefined for a file or a pipe. */
  readonly terminal: Screen | undefined
  /** Asks the server for the key positions of its commands. */
  readonly loadKeyRules: () => Promise<KeyRules>
}

/** Asks the server only if keys matter. @throws ReplError USAGE */
export async function tailView(plan: ViewPlan, context: ViewContext, output: Output): Promise<TailView> {
  const { filter, count, isFlat, showsAll } = plan
  const needsKeys = plan.isStats || filter.match.length > 0 || plan.template?.includes('%k') === true
  const keys = needsKeys ? await context.loadKeyRules() : KeyRules.builtIn()
  const text = textOptions(plan, context.terminal)
  const isWanted = selection(filter, keys, text.isUtf8)
  if (plan.isStats) {
    const counted = new Counted(keys)
    return { counted, ofStream: (label) => new StatsView(counted, isWanted, count, label !== undefined) }
  }
  const tally = { shown: 0 }
  const ofStream = (shardLabel?: Label) => {
    const label = shardLabel ?? { shard: '', server: '' }
    const options = { all: showsAll, flat: isFlat, count, isWanted, label, tally }
    return new Printer(format({ plan, about: context.about, keys, text }, label, shardLabel), options, (pieces) => output.write(pieces))
  }
  return { ofStream }
}

/** All streams share the columns of a terminal. */
function textOptions({ hasTime, maxArg, isFlat, utf8 }: ViewPlan, terminal: Screen | undefined): TextOptions {
  const columns = terminal && new Columns(terminal.colour.dim)
  return { time: hasTime, maxArg, indent: !isFlat, isUtf8: utf8 ?? terminal?.isUnicode ?? false, columns }
}

interface FormatOptions extends Pick<ViewContext, 'about'> {
  readonly plan: ViewPlan
  readonly keys: KeyRules
  readonly text: TextOptions
}

/** @param label of the stream; empty for a single one @param shardLabel the same, or undefined for a single stream */
function format({ plan, about, keys, text }: FormatOptions, label: Label, shardLabel: Label | undefined): Format {
  switch (plan.format) {
    case 'template':
      return new TemplateFormat(plan.template ?? '', keys, label)
    case 'json':
      return new JsonFormat(about, shardLabel)
    case 'csv':
      return new CsvFormat(plan.hasTime, shardLabel)
    case 'resp':
      return new RespFormat()
    case 'text':
      return new TextFormat({ ...text, label: shardLabel })
  }
}
