/**
 * Recognises services other than Redis by the first bytes of their answer. Without HELLO 3, every reply of a Redis begins with one
 * of five bytes. The first other byte decides, so we do not wait for the end of a line that never comes.
 */
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

/** Status, error, bulk string, integer and array, and the bare newlines that may precede them. */
const FIRST_BYTES = Buffer.from('+-$:*\r\n')

/** @param bytes the beginning of a reply @returns the error if no Redis begins a reply like this; undefined without a byte */
export function foreignProtocol(bytes: Buffer): ReplError | undefined {
  const [first] = bytes
  if (first === undefined || FIRST_BYTES.includes(first)) return undefined
  const text = bytes.subarray(0, 120).toString('latin1')
  const signature = SIGNATURES.find(({ matches }) => matches(bytes, text))
  return new ReplError(signature?.service ?? 'OTHER_SERVICE', { reply: text.split(/[\r\n]/)[0] ?? '' })
}
