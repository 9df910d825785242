/**
 * Servers may announce addresses of another network. `--map announced=reachable` replaces them with reachable ones. A server
 * reached that way is still the announced one: its certificate has to be for the announced name.
 */
import { type Access, forAnotherServer } from '../engine/ask/access.ts'
import { usageError } from '../errors.ts'
import { diallingOf, endpointName } from '../io/endpoint.ts'
import { accessTo, parseTarget } from './target.ts'

/** An address of a server, as announced by itself or by another server. */
export interface Address {
  readonly host: string
  readonly port: number
}

export class AddressMap {
  readonly #reachable = new Map<string, string>()

  /** @param pairs `announced=reachable`: both host:port, or both a host alone for all its ports. @throws ReplError USAGE */
  constructor(pairs: readonly string[]) {
    for (const pair of pairs) {
      const [, announced, reachable] = /^([^=]+)=(.+)$/.exec(pair) ?? []
      if (announced === undefined || reachable === undefined) {
        throw usageError('--map takes ANNOUNCED=REACHABLE, as in 10.0.0.5:6379=localhost:16379')
      }
      const hasPort = /^(\[.*\]|[^:]*):\d+$/.test(announced)
      const host = announced.replace(/^\[(.*)\]$/, '$1')
      this.#reachable.set(canonical(hasPort ? announced : host), hasPort ? validTarget(reachable) : hostAlone(reachable))
    }
  }

  /**
   * How to reach a server: with the credentials of the user's target, unless the mapped URI has its own.
   * @param known a server of the same deployment. Its INFO is not expected from this one.
   */
  access({ host, port }: Address, known: Access): Access {
    const { expected: _, ...entry } = known
    const mapped = this.#lookUp({ host, port }, entry)
    if (mapped) return mapped
    // Do not parse an announced address as a target: it may contain anything.
    return { ...forAnotherServer(entry), endpoint: { kind: 'tcp', host, port, ...diallingOf(entry.endpoint) } }
  }

  /** The same for a server that the user named. Its loopback is this machine's, while an announced one is that of another machine. */
  named(access: Access): Access {
    const { endpoint } = access
    if (endpoint.kind === 'unix' || isLoopback(endpoint.host)) return access
    return this.#lookUp(endpoint, access) ?? access
  }

  #lookUp({ host, port }: Address, entry: Access): Access | undefined {
    const whole = this.#reachable.get(canonical(addressName({ host, port })))
    const hostAlone = this.#reachable.get(canonical(host))
    const mapped = whole ?? (hostAlone === undefined ? undefined : `${hostAlone}:${port}`)
    if (mapped === undefined) return undefined
    const access = accessTo(mapped, entry)
    return access.endpoint.kind === 'unix' ? access : { ...access, endpoint: { ...access.endpoint, knownAs: { host, port } } }
  }
}

/** Names differ by case and by the dot that ends a full one (RFC 1034, 3.1), and an IPv6 address has several spellings. */
function canonical(address: string): string {
  const [, bracketed, port = ''] = /^\[(.*)\](:\d+)?$/.exec(address) ?? []
  const v6 = bracketed ?? (/:.*:/.test(address) ? address : undefined)
  if (v6 === undefined) return address.toLowerCase().replace(/\.(?=:\d+$|$)/, '')
  const url = `http://[${v6}]`
  return `${URL.canParse(url) ? new URL(url).hostname : `[${v6.toLowerCase()}]`}${port}`
}

function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d+){3}|::1)$/i.test(host)
}

/** @throws ReplError USAGE */
function validTarget(reachable: string): string {
  parseTarget(reachable)
  return reachable
}

/** A host that any port can be appended to. @throws ReplError USAGE when it already has a port or cannot take one */
function hostAlone(reachable: string): string {
  const { endpoint } = parseTarget(reachable)
  const isBareV6 = endpoint.kind === 'tcp' && endpoint.host === reachable && reachable.includes(':')
  const host = isBareV6 ? `[${reachable}]` : reachable
  const message = '--map of a host without a port leads to a host without a port: HOST=HOST, or HOST:PORT=HOST:PORT'
  if (endpoint.kind === 'unix') throw usageError(message)
  try {
    return validTarget(`${host}:1`) && host
  } catch {
    throw usageError(message)
  }
}

/** The name of a server in all output and lookups. */
export function addressName({ host, port }: Address): string {
  return endpointName({ kind: 'tcp', host, port })
}
