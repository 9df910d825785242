/**
 * Sentences as data. A row has three templates. A placeholder in a template stands for a fact of the row's reason:
 *
 *     {offset}               a required fact
 *     {limitMs:seconds}      a required fact in a format (explain.ts, FORMATS)
 *     {state? in {state}}    the text after the question mark, if the fact is present
 *     {command|a command}    the fact, or the text after the bar if the fact is absent
 *
 * `rows` checks each template against the facts of its reason: a wrong or missing name does not compile.
 */
import type { Context, Reason, ReasonFacts } from '../../errors.ts'

/** One of several templates, chosen by the value of a fact. */
export interface Choice {
  readonly by: string
  readonly of: Readonly<Record<string, string>>
  /** For any other value. */
  readonly else?: string
  /** If the fact is absent; defaults to `else`. */
  readonly absent?: string
}

/** A function only if no template can express the text. */
export type Text = string | Choice | ((context: Context) => string)

export interface Row {
  readonly what: Text
  readonly meaning: Text
  readonly next: Text
  /** Placeholders of this row that stand for a choice. */
  readonly parts?: Readonly<Record<string, Choice>>
}

/** Placeholders of any row that stand for a choice. */
export type SharedPart = 'fate' | 'provider'

/**
 * exact: digits in groups. seconds, duration: from milliseconds. list: separated by commas. first: of a list. quoted: as JSON.
 * excerpt: the first 40 characters, as JSON. slots: ranges of slots. words: the message for a system error code.
 * name: the code and reason of a failure. what: its sentence. each: the sentences of several failures.
 */
export type FormatName =
  | 'exact'
  | 'seconds'
  | 'duration'
  | 'list'
  | 'first'
  | 'slots'
  | 'quoted'
  | 'excerpt'
  | 'words'
  | 'name'
  | 'what'
  | 'each'

type AllKeys<T> = T extends unknown ? keyof T : never
type RequiredKeys<T> = { [K in keyof T]-?: undefined extends T[K] ? never : K }[keyof T]
type Facts<R extends Reason> = ReasonFacts[R] & Context

/** The names in a template: `!name` for a required fact, `?name` for an optional fact. */
type Names<Template> = Template extends `${string}{${infer Inner}}${infer Rest}` ? NameOf<Inner> | Names<Rest> : never
type NameOf<Inner> = Inner extends `${infer Name}|${string}`
  ? `?${Name}`
  : Inner extends `${infer Name}?${string}`
    ? `?${Name}`
    : Inner extends `${infer Name}:${infer Format}`
      ? Format extends FormatName
        ? `!${Name}`
        : `:${Format}`
      : `!${Inner & string}`

type PartsOf<T> = SharedPart | (T extends { readonly parts: infer Parts } ? keyof Parts : never)

/** `endpoint` counts as required: explain.ts has a default for it. */
type Allowed<R extends Reason, T> =
  | `!${(RequiredKeys<Facts<R>> | PartsOf<T> | 'endpoint') & string}`
  | `?${(AllKeys<Facts<R>> | PartsOf<T>) & string}`
/** A choice may use any fact: the value that selects a template can imply an optional fact. */
type AllowedInChoice<R extends Reason, T> = `${'!' | '?'}${(AllKeys<Facts<R>> | PartsOf<T>) & string}`

type ValueOf<T, K> = T extends unknown ? (K extends keyof T ? T[K] : never) : never

type ChoiceFaults<R extends Reason, T, C extends Choice> =
  | Exclude<C['by'], AllKeys<Facts<R>>>
  | Exclude<Names<C['of'][keyof C['of']] | C['else'] | C['absent']>, AllowedInChoice<R, T>>
  | (C extends { readonly else: string } ? never : Exclude<ValueOf<Facts<R>, C['by']>, keyof C['of'] | undefined>)

type Faults<R extends Reason, T, X> = X extends string ? Exclude<Names<X>, Allowed<R, T>> : X extends Choice ? ChoiceFaults<R, T, X> : never

type Checked<R extends Reason, T, X> = [Faults<R, T, X>] extends [never] ? X : { readonly notAFact: Faults<R, T, X> }

type CheckedRow<R extends Reason, T> = {
  readonly [Part in keyof T]: Part extends 'parts'
    ? { readonly [Name in keyof T[Part]]: Checked<R, T, T[Part][Name]> }
    : Checked<R, T, T[Part]>
}

type Rows = { readonly [R in Reason]?: Row }

/** Returns the rows unchanged. Compiles only if the facts of each reason can fill its templates. */
export function rows<const T extends Rows>(table: T & { readonly [R in keyof T]: CheckedRow<R & Reason, T[R]> }): T {
  return table
}
