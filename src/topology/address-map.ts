/** Announced addresses may be of another network: `--map announced=reachable` says where to go instead. */
import type { Access } from '../engine/ask/access.ts'
import { usageError } from '../errors.ts'
import { diallingOf, endpointName } from '../io/endpoint.ts'
import { accessTo, parseTarget } from './target.ts'

/** Where a server says that it is, or is said to be. */
export interface Address {
  readonly host: string
  readonly port: number
}

export class AddressMap {
  readonly #reachable = new Map<string, string>()

  /** @param pairs `announced=reachable`; both are host:port, or a host alone for all its ports. @throws ReplError USAGE */
  constructor(pairs: readonly string[]) {
    for (const pair of pairs) {
      const [, announced, reachable] = /^([^=]+)=(.+)$/.exec(pair) ?? []
      if (announced === undefined || reachable === undefined) {
        throw usageError('--map takes ANNOUNCED=REACHABLE, as in 10.0.0.5:6379=localhost:16379')
      }
      const hasPort = /^(\[.*\]|[^:]*):\d+$/.test(announced)
      const host = announced.replace(/^\[(.*)\]$/, '$1')
      this.#reachable.set(hasPort ? announced : host, hasPort ? named(reachable) : hostAlone(reachable))
    }
  }

  /** How a server is reached: with the credentials of the user's target, unless its own URI has some. */
  access({ host, port }: Address, entry: Access): Access {
    const whole = this.#reachable.get(addressName({ host, port }))
    const hostAlone = this.#reachable.get(host)
    const mapped = whole ?? (hostAlone === undefined ? undefined : `${hostAlone}:${port}`)
    if (mapped !== undefined) return accessTo(mapped, entry)
    // What a server announces is no input to be parsed: it may hold anything.
    return { ...entry, endpoint: { kind: 'tcp', host, port, ...diallingOf(entry.endpoint) } }
  }
}

/** @throws ReplError USAGE */
function named(reachable: string): string {
  parseTarget(reachable)
  return reachable
}

/** So that any port can stand behind it. @throws ReplError USAGE where one does already, or none can */
function hostAlone(reachable: string): string {
  const { endpoint } = parseTarget(reachable)
  const isBareV6 = endpoint.kind === 'tcp' && endpoint.host === reachable && reachable.includes(':')
  const host = isBareV6 ? `[${reachable}]` : reachable
  const given = '--map of a host without a port leads to a host without a port: HOST=HOST, or HOST:PORT=HOST:PORT'
  if (endpoint.kind === 'unix') throw usageError(given)
  try {
    return named(`${host}:1`) && host
  } catch {
    throw usageError(given)
  }
}

/** What a server is called everywhere. */
export function addressName({ host, port }: Address): string {
  return endpointName({ kind: 'tcp', host, port })
}
