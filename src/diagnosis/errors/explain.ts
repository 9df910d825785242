/**
 * A failure in three parts: what happened, what it means here, what to do next. Each reason has one row of templates
 * (reasons.ts), which are filled with its facts. The server's own words are quoted, never rephrased.
 */
import type { Failure, Loss } from '../../errors.ts'
import { duration, exact } from '../units.ts'
import { SHARED_PARTS } from './parts.ts'
import { REASONS } from './reasons.ts'
import type { Choice, FormatName, Text } from './template.ts'
import { LOSS } from './tree-reasons.ts'

export interface Explanation {
  readonly what: string
  readonly meaning: string
  readonly next: string
}

type Facts = Readonly<Record<string, unknown>>
type Parts = Readonly<Record<string, Choice>>

export function explain({ details }: Failure): Explanation {
  const { what, meaning, next, parts } = REASONS[details.reason]
  const all = { ...SHARED_PARTS, ...parts }
  const say = (text: Text) => (typeof text === 'function' ? text(details) : fill(text, { ...details }, all))
  return { what: say(what), meaning: say(meaning), next: say(next) }
}

/** Why a master cannot be measured against, as a sentence. */
export function lossInWords(endpoint: string, loss: Loss): string {
  return fill(LOSS, { ...loss, endpoint }, {})
}

/** Where a fact is missing, since it was not known when the error was made. */
const DEFAULTS: Readonly<Record<string, string>> = { endpoint: 'the server' }

const FORMATS: Readonly<Record<FormatName, (value: never) => string>> = {
  exact: (count: number) => exact(count),
  seconds: (ms: number) => `${ms / 1000} s`,
  duration: (ms: number) => duration(ms),
  list: (values: readonly unknown[]) => values.join(', '),
  quoted: (text: string) => JSON.stringify(text),
  excerpt: (text: string) => JSON.stringify(text.slice(0, 40)),
  name: ({ code, details }: Failure) => (code === details.reason ? code : `${code} (${details.reason})`),
  what: (failure: Failure) => explain(failure).what,
  each: (failures: readonly Failure[]) => failures.map((failure) => explain(failure).what.replace(/\.$/, '')).join('; '),
}

/** A name, and one of: `?` with what may hold placeholders itself, `|` with a text, `:` with a format. */
const PLACEHOLDER = /\{(\w+)(?:\?((?:[^{}]|\{[^{}]*\})*)|\|([^{}]*)|:(\w+))?\}/g

function fill(text: string | Choice, facts: Facts, parts: Parts): string {
  return (typeof text === 'string' ? text : (chosen(text, facts) ?? '')).replace(
    PLACEHOLDER,
    (_, name: string, optional: string | undefined, fallback: string | undefined, format: FormatName | undefined) => {
      const part = parts[name]
      const template = part && chosen(part, facts)
      const value = part ? template && fill(template, facts, parts) : facts[name]
      if (optional !== undefined) return value === undefined || value === '' ? '' : fill(optional, facts, parts)
      if (value === undefined) return fallback ?? DEFAULTS[name] ?? 'unknown'
      return formatted(value, format)
    },
  )
}

function formatted(value: unknown, format: FormatName | undefined): string {
  return format === undefined ? String(value) : FORMATS[format](value as never)
}

function chosen({ by, of, else: other, absent = other }: Choice, facts: Facts): string | undefined {
  const value = facts[by]
  if (value === undefined) return absent
  // A command is known by its first word.
  const key = by === 'command' ? (String(value).split(' ')[0] ?? '') : String(value)
  // A file may be called toString.
  return Object.hasOwn(of, key) ? of[key] : other
}
