/** What a run of `tail` received, in one sentence and in numbers. */
import { isPingsOnly } from '../../diagnosis/lag/write-rate.ts'
import { ratesOf } from '../../diagnosis/stream-stats.ts'
import { bytes, duration, exact, rate } from '../../diagnosis/units.ts'
import type { Progress } from '../../engine/follow/events.ts'

/** How far the output of a stream got. */
export type StreamProgress = Progress & { readonly server: string }

export interface StreamFigures {
  readonly text: string
  readonly commands: number
  readonly bytes: number
}

export function streamFigures(streams: readonly StreamProgress[], elapsedMs: number): StreamFigures {
  const sum = (what: 'commands' | 'bytes') => streams.reduce((total, stream) => total + stream[what], 0)
  const all = { commands: sum('commands'), bytes: sum('bytes') }
  const { commandsPerSecond, bytesPerSecond } = ratesOf(all, elapsedMs)
  const isIdle = all.commands > 0 && isPingsOnly(all.bytes, elapsedMs)
  const amount = `${exact(all.commands)} ${all.commands === 1 ? 'command' : 'commands'}, ${bytes(all.bytes)} in ${duration(elapsedMs)}`
  const rates = `${rate(commandsPerSecond)} commands/s, ${bytes(Math.round(bytesPerSecond))}/s`
  return { ...all, text: `${isIdle ? 'only keep-alives: ' : ''}${amount} (${rates})` }
}
