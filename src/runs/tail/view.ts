/** Chooses the view that shows the stream. */
import type { CommandView } from '../../engine/follow/command-view.ts'
import type { Output } from '../../engine/follow/output.ts'
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
import type { ViewPlan } from './plan.ts'

export interface TailView {
  /** @param label absent for a single stream */
  readonly ofStream: (label?: Label) => CommandView
  /** Present when the stream is counted instead of shown. */
  readonly counted?: Counted
}

/** @param loadKeyRules asks the server for the key positions of its commands; called only if keys matter. @throws ReplError USAGE */
export async function tailView(plan: ViewPlan, loadKeyRules: () => Promise<KeyRules>, output: Output): Promise<TailView> {
  const { filter, count, isFlat, showsAll } = plan
  const needsKeys = plan.isStats || filter.match.length > 0 || plan.template?.includes('%k') === true
  const keys = needsKeys ? await loadKeyRules() : KeyRules.builtIn()
  const isWanted = selection(filter, keys)
  if (plan.isStats) {
    const counted = new Counted(keys)
    return { counted, ofStream: (label) => new StatsView(counted, isWanted, count, label !== undefined) }
  }
  const tally = { shown: 0 }
  const ofStream = (shardLabel?: Label) => {
    const label = shardLabel ?? { shard: '', server: '' }
    const options = { all: showsAll, flat: isFlat, count, isWanted, label, tally }
    return new Printer(format(plan, keys, label, shardLabel), options, (pieces) => output.write(pieces))
  }
  return { ofStream }
}

/** @param label of the stream; empty for a single one @param shardLabel the same, or undefined for a single stream */
function format(plan: ViewPlan, keys: KeyRules, label: Label, shardLabel: Label | undefined): Format {
  const { hasTime, maxArg, isFlat } = plan
  switch (plan.format) {
    case 'template':
      return new TemplateFormat(plan.template ?? '', keys, label)
    case 'json':
      return new JsonFormat(shardLabel)
    case 'csv':
      return new CsvFormat(hasTime, shardLabel)
    case 'resp':
      return new RespFormat()
    case 'text':
      return new TextFormat({ time: hasTime, maxArg, indent: !isFlat, label: shardLabel })
  }
}
