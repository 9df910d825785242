/** Recognises services other than Redis by the first bytes of their answer. */
import { ReplError } from '../../errors.ts'

type Service = 'HTTP' | 'TLS' | 'SSH' | 'SMTP_OR_FTP' | 'MEMCACHED'

const SIGNATURES: readonly { readonly service: Service; readonly matches: (head: Buffer, text: string) => boolean }[] = [
  { service: 'HTTP', matches: (_, text) => text.startsWith('HTTP/') || /^<(!doctype|html)/i.test(text) },
  // A TLS record: alert or handshake, then version 3.x. A TLS port answers a clear-text PING with it.
  { service: 'TLS', matches: (head) => (head[0] === 0x15 || head[0] === 0x16) && head[1] === 0x03 },
  { service: 'SSH', matches: (_, text) => text.startsWith('SSH-') },
  { service: 'SMTP_OR_FTP', matches: (_, text) => /^220[ -]/.test(text) },
  { service: 'MEMCACHED', matches: (_, text) => /^(ERROR|CLIENT_ERROR|SERVER_ERROR)\b/.test(text) },
]

/** The error for a recognised service other than Redis, or undefined. */
export function foreignProtocol(bytes: Buffer): ReplError | undefined {
  const text = bytes.subarray(0, 120).toString('latin1')
  const signature = SIGNATURES.find(({ matches }) => matches(bytes, text))
  return signature && new ReplError(signature.service, { reply: text.split(/[\r\n]/)[0] ?? '' })
}
