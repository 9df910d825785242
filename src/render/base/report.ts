/** What every JSON object begins with, in every command: `#/$defs/head` of the schemas. */
import type { ErrorCode } from '../../errors.ts'
import { exitStatus } from '../../exit-status.ts'
import type { JsonObject } from './json-line.ts'

/** The run that a report is of. */
export interface About {
  readonly tool: { readonly name: string; readonly version: string }
  /** The server that the user named, without credentials; undefined where the command line named none that could be read. */
  readonly target: string | undefined
  readonly startedAt: Date
  /** Milliseconds since `startedAt`. */
  elapsedMs(): number
}

export interface Verdict {
  /** The mark of the text output, in lower case: `partial`, `ok`, `loop`. */
  readonly kind: string
  /** The first line of the text output, without its mark. */
  readonly text: string
}

/** What is known of a run from its start. @param at when the report was so */
export function headJson({ tool, target }: About, schema: string, at: Date): JsonObject {
  return { schema: `redis-repl/${schema}`, tool, target: target ?? null, at: at.toISOString() }
}

/** The present time, for one report among several. */
export function presentOf({ startedAt, elapsedMs }: About): Date {
  return new Date(startedAt.getTime() + elapsedMs())
}

/**
 * @param schema such as `lag/1`
 * @param code the failure that gives the run its exit status; undefined for status 0
 * @param body what is particular to the command
 * @param at when this was so, in a run of several reports; the start of the run otherwise
 */
export function reportJson(
  about: About,
  schema: string,
  code: ErrorCode | undefined,
  verdict: Verdict & JsonObject,
  body: JsonObject,
  at: Date = about.startedAt,
): JsonObject {
  const status = code === undefined ? 0 : exitStatus(code)
  return { ...headJson(about, schema, at), durationMs: about.elapsedMs(), ok: status === 0, exitStatus: status, verdict, ...body }
}
