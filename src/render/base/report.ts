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

/**
 * @param schema such as `lag/1`
 * @param code the failure that gives the run its exit status; undefined for status 0
 * @param body what is particular to the command
 * @param at when this was so, in a run of several reports; the start of the run otherwise
 */
export function reportJson(
  { tool, target, startedAt, elapsedMs }: About,
  schema: string,
  code: ErrorCode | undefined,
  verdict: Verdict & JsonObject,
  body: JsonObject,
  at: Date = startedAt,
): JsonObject {
  const status = code === undefined ? 0 : exitStatus(code)
  const head = { schema: `redis-repl/${schema}`, tool, target: target ?? null, at: at.toISOString(), durationMs: elapsedMs() }
  return { ...head, ok: status === 0, exitStatus: status, verdict, ...body }
}
