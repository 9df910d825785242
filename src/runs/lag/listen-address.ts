/** The value of --listen: ADDR:PORT, :PORT or PORT. */
import { usageError } from '../../errors.ts'
import type { ListenAddress } from '../../io/http/server.ts'

/** Other machines reach the port only if the user names an address for that. */
const DEFAULT_HOST = '127.0.0.1'

/** @throws ReplError USAGE */
export function parseListenAddress(text: string): ListenAddress {
  const [, v6, host, digits] = /^(?:\[([0-9a-f:.]+(?:%[\w.-]+)?)\]:|([\w.-]*):)?(\d{1,5})$/i.exec(text) ?? []
  const port = Number(digits)
  if (!(port <= 65_535)) throw usageError(`--listen takes an address and a port, such as 9121, 127.0.0.1:9121 or [::1]:9121, not "${text}"`)
  return { host: v6 ?? (host || DEFAULT_HOST), port }
}
