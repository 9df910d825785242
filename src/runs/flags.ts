/** Kinds of flags, and flags that several runs share. */
import { Flags, type Interfaces } from '@oclif/core'
import { type DurationRange, durationText, parseDuration } from './duration.ts'
import { parseSize, sizeText } from './size.ts'

interface Options {
  readonly summary?: string
  readonly description: string
  readonly char?: 'i'
  readonly helpGroup?: string
  readonly dependsOn?: string[]
  readonly relationships?: { type: 'some'; flags: string[] }[]
  readonly exclusive?: string[]
}
interface Minimum {
  readonly min?: number
}
type WithDefault = { readonly default: number }

/** A duration: the plan gets milliseconds. Limits and the default are milliseconds too. */
export function durationFlag(options: Options & DurationRange & WithDefault): Interfaces.OptionFlag<number>
export function durationFlag(options: Options & DurationRange): Interfaces.OptionFlag<number | undefined>
export function durationFlag({ min, max, ...options }: Options & DurationRange): object {
  const range = { ...(min !== undefined && { min }), ...(max !== undefined && { max }) }
  return numberFlag('TIME', (text, name) => parseDuration(text, name, range), durationText, options)
}

/** A size: the plan gets bytes. */
export function sizeFlag(options: Options & Minimum & WithDefault): Interfaces.OptionFlag<number>
export function sizeFlag(options: Options & Minimum): Interfaces.OptionFlag<number | undefined>
export function sizeFlag({ min, ...options }: Options & Minimum): object {
  return numberFlag('SIZE', (text, name) => parseSize(text, name, min), sizeText, options)
}

/** @param show writes a value back with its unit: in --print-config, and in a command line to paste */
function numberFlag(
  helpValue: string,
  parse: (text: string, name: string) => number,
  show: (value: number) => string,
  options: Options & Partial<WithDefault>,
): object {
  const { default: value, ...others } = options
  return {
    ...Flags.string({ ...others, helpValue }),
    parse: async (text: string, _: unknown, { name }: { readonly name: string }) => parse(text, name),
    ...(value !== undefined && { default: value, defaultHelp: async () => show(value) }),
    show,
  }
}

/** A master disconnects a replica that reads nothing for repl-timeout (60 s), and we read up to 1 MiB at once. */
const LOWEST_RATE = 64 * 1024

/** Bytes a second, also as in `20mb/s`. */
export const maxRateFlag = numberFlag('SIZE', (text, name) => parseSize(text.replace(/\/s$/, ''), name, LOWEST_RATE), sizeText, {
  summary: 'limit the RDB to this many bytes a second (64kb or more)',
  description: 'limit the RDB to this many bytes a second, 64kb or more; lifted if the master’s output buffer for us fills up',
}) as Interfaces.OptionFlag<number | undefined>

export const CLUSTER = 'CLUSTER'

export const clusterFlag = Flags.boolean({ helpGroup: CLUSTER, description: 'do this for every shard of the cluster of TARGET' })

/** The default of --jobs. Each shard may make a master fork or open two connections. */
export const JOBS = 4

export const clusterFlags = {
  cluster: clusterFlag,
  jobs: Flags.integer({
    helpGroup: CLUSTER,
    min: 1,
    max: 1000,
    helpValue: 'N',
    description: `shards in parallel (default: ${JOBS})`,
    dependsOn: ['cluster'],
  }),
}

export const WATCH = 'WATCH'

/**
 * How a watch repeats: the same names in every command that has one.
 * @param intervalMs the default of --interval
 * @param repeating further flags that make the command repeat, and so allow --interval
 */
export function watchFlags(description: string, intervalMs: number, range: DurationRange, repeating: readonly string[] = []) {
  return {
    watch: Flags.boolean({ helpGroup: WATCH, description }),
    interval: durationFlag({
      ...range,
      char: 'i',
      helpGroup: WATCH,
      description: `time between two repetitions (default: ${durationText(intervalMs)})`,
      relationships: [{ type: 'some', flags: ['watch', ...repeating] }],
    }),
    count: Flags.integer({ helpGroup: WATCH, min: 1, helpValue: 'N', description: 'stop after N repetitions', dependsOn: ['watch'] }),
    duration: durationFlag({ helpGroup: WATCH, description: 'stop after this time', dependsOn: ['watch'] }),
  }
}
