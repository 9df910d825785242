/**
 * Explains a failure in three parts: what happened, what it means here, what to do next. Each reason has one row of templates
 * (reasons.ts), which take the facts of the failure. The server's own words are quoted, never rephrased.
 */
import { getSystemErrorMap } from 'node:util'
import type { Failure, MasterLoss } from '../../errors.ts'
import { type SlotRange, slotsText } from '../../protocol/cluster/cluster-map.ts'
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
  const render = (text: Text) => (typeof text === 'function' ? text(details) : fill(text, { ...details }, all))
  return { what: render(what), meaning: render(meaning), next: render(next) }
}

/** One sentence: why lag cannot be measured against this master. */
export function describeLoss(endpoint: string, loss: MasterLoss): string {
  return fill(LOSS, { ...loss, endpoint }, {})
}

/** Replaces a fact that was unknown when the error was created. */
const DEFAULTS: Readonly<Record<string, string>> = { endpoint: 'the server' }

/** ENOENT → "no such file or directory". Codes of OpenSSL are not in it. */
const ERRNO_WORDS = new Map(getSystemErrorMap().values())

const FORMATS: Readonly<Record<FormatName, (value: never) => string>> = {
  exact: (count: number) => exact(count),
  seconds: (ms: number) => `${ms / 1000} s`,
  duration: (ms: number) => duration(ms),
  list: (values: readonly unknown[]) => values.join(', '),
  first: ([value]: readonly unknown[]) => String(value ?? ''),
  slots: (slots: readonly SlotRange[]) => (slots.length > 0 ? slotsText(slots) : 'the server does not say which'),
  quoted: (text: string) => JSON.stringify(text),
  excerpt: (text: string) => JSON.stringify(text.slice(0, 40)),
  words: (errno: string) => ERRNO_WORDS.get(errno) ?? errno,
  name: ({ code, details }: Failure) => (code === details.reason ? code : `${code} (${details.reason})`),
  what: (failure: Failure) => explain(failure).what,
  each: (failures: readonly Failure[]) => failures.map((failure) => explain(failure).what.replace(/\.$/, '')).join('; '),
}

/** A name, then at most one of: `?` and text with placeholders, `|` and a fallback text, `:` and a format. */
const PLACEHOLDER = /\{(\w+)(?:\?((?:[^{}]|\{[^{}]*\})*)|\|([^{}]*)|:(\w+))?\}/g

function fill(text: string | Choice, facts: Facts, parts: Parts): string {
  return (typeof text === 'string' ? text : (choose(text, facts) ?? '')).replace(
    PLACEHOLDER,
    (_, name: string, optional: string | undefined, fallback: string | undefined, format: FormatName | undefined) => {
      const part = parts[name]
      const template = part && choose(part, facts)
      const value = part ? template && fill(template, facts, parts) : facts[name]
      if (optional !== undefined) return value === undefined || value === '' ? '' : fill(optional, facts, parts)
      if (value === undefined) return fallback ?? DEFAULTS[name] ?? 'unknown'
      return applyFormat(value, format)
    },
  )
}

function applyFormat(value: unknown, format: FormatName | undefined): string {
  return format === undefined ? String(value) : FORMATS[format](value as never)
}

function choose({ by, of, else: other, absent = other }: Choice, facts: Facts): string | undefined {
  const value = facts[by]
  if (value === undefined) return absent
  // A command is matched by its first word.
  const key = by === 'command' ? (String(value).split(' ')[0] ?? '') : String(value)
  // A value such as "toString" must not match an inherited property.
  return Object.hasOwn(of, key) ? of[key] : other
}
