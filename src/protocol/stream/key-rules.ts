/**
 * Determines which arguments of a command are keys, from the server's COMMAND reply: its key specifications (7.0 and later), or
 * first key, last key and step. Our own table replaces the reply if COMMAND is not permitted.
 */
import { type Reply, ServerError } from '../wire/reply.ts'

/** Argument 0 is the command's name. */
export interface ArgSource {
  readonly argc: number
  readonly name: string
  text(index: number): string
}

/** Where a search for keys begins: at an argument, or after a keyword. */
type Begin = { readonly index: number } | { readonly keyword: string; readonly from: number }

/**
 * range: up to `last`, counted from the first key, or from the end if negative. A `limit` above 1 means that only the first
 *   1/limit of the remaining arguments are keys.
 * count: the argument at begin + `at` holds the number of keys; the first key is at begin + `first`.
 */
type Find =
  | { readonly last: number; readonly step: number; readonly limit: number }
  | { readonly at: number; readonly first: number; readonly step: number }

interface Rule {
  readonly begin: Begin
  readonly find: Find
}

/** One key at that argument. */
function at(index: number): Rule {
  return { begin: { index }, find: { last: 0, step: 1, limit: 0 } }
}

/** Keys from that argument to `last`, which counts from the end if negative, else from the first key. */
function span(index: number, last = -1, step = 1): Rule {
  return { begin: { index }, find: { last, step, limit: 0 } }
}

/** That argument holds the number of keys that follow it. */
function counted(index: number, step = 1): Rule {
  return { begin: { index }, find: { at: 0, first: 1, step } }
}

function afterKeyword(keyword: string, from: number): Rule {
  return { begin: { keyword, from }, find: { last: 0, step: 1, limit: 0 } }
}

const FIRST = [at(1)]
const NONE: readonly Rule[] = []

/** Commands other than those whose only key is argument 1; from the tables of Redis 2.8 to 8.6 and Valkey 7.2 to 9.1. */
const BUILT_IN: ReadonlyMap<string, readonly Rule[]> = new Map(
  Object.entries<readonly Rule[]>({
    'DEL UNLINK SINTERSTORE SUNIONSTORE SDIFFSTORE PFMERGE PFCOUNT TOUCH': [span(1)],
    'MSET MSETNX': [span(1, -1, 2)],
    'RENAME RENAMENX SMOVE RPOPLPUSH BRPOPLPUSH LMOVE BLMOVE COPY ZRANGESTORE GEOSEARCHSTORE': [span(1, 1)],
    'BLPOP BRPOP BZPOPMIN BZPOPMAX': [span(1, -2)],
    BITOP: [span(2)],
    'ZUNIONSTORE ZINTERSTORE ZDIFFSTORE': [at(1), counted(2)],
    'LMPOP ZMPOP': [counted(1)],
    'BLMPOP BZMPOP EVAL EVALSHA FCALL': [counted(2)],
    MSETEX: [counted(1, 2)],
    SORT: [at(1), afterKeyword('STORE', 2)],
    GEORADIUS: [at(1), afterKeyword('STORE', 6), afterKeyword('STOREDIST', 6)],
    GEORADIUSBYMEMBER: [at(1), afterKeyword('STORE', 5), afterKeyword('STOREDIST', 5)],
    'XGROUP PFDEBUG': [at(2)],
    XREADGROUP: [{ begin: { keyword: 'STREAMS', from: 4 }, find: { last: -1, step: 1, limit: 2 } }],
    MIGRATE: [at(3), { begin: { keyword: 'KEYS', from: -2 }, find: { last: -1, step: 1, limit: 0 } }],
    'FLUSHALL FLUSHDB SWAPDB SELECT MULTI EXEC PING REPLCONF PUBLISH SCRIPT FUNCTION CLUSTER TRIMSLOTS DEBUG RREPLAY': NONE,
  }).flatMap(([names, rules]) => names.split(' ').map((name) => [name, rules] as const)),
)

export class KeyRules {
  readonly #rules: ReadonlyMap<string, readonly Rule[]>
  /** For commands without an entry. */
  readonly #fallback: readonly Rule[]

  private constructor(rules: ReadonlyMap<string, readonly Rule[]>, fallback: readonly Rule[]) {
    this.#rules = rules
    this.#fallback = fallback
  }

  /** For use without a COMMAND reply. Unknown commands are assumed to have one key, argument 1, as nearly all do. */
  static builtIn(): KeyRules {
    return new KeyRules(BUILT_IN, FIRST)
  }

  /** @param reply the reply to COMMAND without arguments; if it is not a list of commands, our table is used */
  static fromCommandReply(reply: Reply): KeyRules {
    if (!Array.isArray(reply) || reply.length === 0) return KeyRules.builtIn()
    return new KeyRules(new Map(reply.flatMap(entries)), NONE)
  }

  /** In ascending order of the rules, and of the arguments within each. */
  positions(command: ArgSource): number[] {
    const rules = this.#rulesOf(command)
    if (rules === FIRST) return command.argc > 1 ? [1] : []
    return rules.flatMap((rule) => keysBy(rule, command))
  }

  /** The index of the first key, 0 for none; undefined if it depends on the arguments. */
  firstOf(name: string): number | undefined {
    const rules = this.#rules.get(name) ?? this.#fallback
    if (rules === FIRST) return 1
    const hasSubcommands = [...this.#rules.keys()].some((other) => other.startsWith(`${name}|`))
    return rules === NONE && !hasSubcommands ? 0 : undefined
  }

  #rulesOf(command: ArgSource): readonly Rule[] {
    const own = this.#rules.get(command.name) ?? this.#fallback
    // Only container commands have subcommands with keys, and those have no rules of their own.
    if (own !== NONE || command.argc < 2) return own
    return this.#rules.get(`${command.name}|${command.text(1).toUpperCase()}`) ?? own
  }
}

/** A command's rules, and those of its subcommands. */
function entries(entry: Reply): (readonly [string, readonly Rule[]])[] {
  if (!Array.isArray(entry)) return []
  const name = String(entry[0]).toUpperCase()
  const subcommands = Array.isArray(entry[9]) ? entry[9].flatMap(entries) : []
  return [[name, rulesFrom(name, entry)], ...subcommands]
}

function rulesFrom(name: string, entry: readonly Reply[]): readonly Rule[] {
  const specs = Array.isArray(entry[8]) ? entry[8].map(specRule) : []
  // Before 7.0 some commands are only flagged movablekeys; since then some specifications are "unknown". Our table covers them.
  const isVague = specs.includes(undefined) || (specs.length === 0 && hasFlag(entry[2], 'movablekeys'))
  const builtIn = BUILT_IN.get(name)
  if (isVague && builtIn) return builtIn
  const known = specs.filter((rule) => rule !== undefined)
  const rules = known.length > 0 ? known : rangeRule(entry.slice(3, 6).map(Number))
  return rules.length === 1 && isFirst(rules[0]) ? FIRST : rules
}

function hasFlag(flags: Reply | undefined, wanted: string): boolean {
  return Array.isArray(flags) && flags.includes(wanted)
}

function isFirst(rule: Rule | undefined): boolean {
  return rule !== undefined && JSON.stringify(rule) === JSON.stringify(FIRST[0])
}

/** First key, last key (from the end when negative), step. */
function rangeRule([first = 0, last = 0, step = 0]: readonly number[]): readonly Rule[] {
  if (first <= 0 || step <= 0) return NONE
  return [{ begin: { index: first }, find: { last: last < 0 ? last : last - first, step, limit: 0 } }]
}

/** Undefined for a specification of a type that we cannot use, such as "unknown". */
function specRule(spec: Reply): Rule | undefined {
  const begin = part(spec, 'begin_search')
  const find = part(spec, 'find_keys')
  if (!begin || !find) return undefined
  const where: Begin | undefined =
    begin.type === 'index'
      ? { index: number(begin, 'index') }
      : begin.type === 'keyword'
        ? { keyword: String(begin.fields.get('keyword')).toUpperCase(), from: number(begin, 'startfrom') }
        : undefined
  if (!where) return undefined
  if (find.type === 'range') {
    return { begin: where, find: { last: number(find, 'lastkey'), step: number(find, 'keystep'), limit: number(find, 'limit') } }
  }
  if (find.type !== 'keynum') return undefined
  return { begin: where, find: { at: number(find, 'keynumidx'), first: number(find, 'firstkey'), step: number(find, 'keystep') } }
}

interface SpecPart {
  readonly type: string
  readonly fields: ReadonlyMap<string, Reply>
}

/** `begin_search` and `find_keys` are maps of a type and its fields; maps are flat arrays in RESP2. */
function part(spec: Reply, name: string): SpecPart | undefined {
  const outer = fieldsOf(fieldsOf(spec).get(name) ?? null)
  const type = outer.get('type')
  return typeof type === 'string' ? { type, fields: fieldsOf(outer.get('spec') ?? null) } : undefined
}

function fieldsOf(reply: Reply): ReadonlyMap<string, Reply> {
  if (!Array.isArray(reply) || reply instanceof ServerError) return new Map()
  return new Map(reply.flatMap((name, index) => (index % 2 === 0 ? [[String(name), reply[index + 1] ?? null] as const] : [])))
}

function number({ fields }: SpecPart, name: string): number {
  return Number(fields.get(name) ?? 0)
}

function keysBy({ begin, find }: Rule, command: ArgSource): number[] {
  const start = 'index' in begin ? begin.index : indexAfterKeyword(begin, command)
  if (start === undefined || start >= command.argc) return []
  if ('limit' in find) {
    const rest = command.argc - start
    const end = find.last >= 0 ? start + find.last : find.limit > 1 ? start + Math.floor(rest / find.limit) - 1 : command.argc + find.last
    return indexes(start, Math.min(end, command.argc - 1), find.step)
  }
  const count = Number(command.text(start + find.at))
  const first = start + find.first
  const end = Number.isSafeInteger(count) ? first + (count - 1) * find.step : 0
  return indexes(first, Math.min(end, command.argc - 1), find.step)
}

/** A negative `from` counts from the end, and the search runs backwards from there. */
function indexAfterKeyword({ keyword, from }: { readonly keyword: string; readonly from: number }, command: ArgSource): number | undefined {
  const direction = from < 0 ? -1 : 1
  for (let index = from < 0 ? command.argc + from : from; index > 0 && index < command.argc; index += direction) {
    if (command.text(index).toUpperCase() === keyword) return index + 1
  }
  return undefined
}

function indexes(first: number, last: number, step: number): number[] {
  const found: number[] = []
  for (let index = first; index <= last; index += Math.max(step, 1)) found.push(index)
  return found
}
