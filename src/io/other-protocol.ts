/** Checks whether a port that rejected clear text speaks TLS, or the reverse. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { stopIfAborted } from '../errors.ts'
import { isTlsError } from './certificate.ts'
import { after } from './clock.ts'
import type { Endpoint } from './endpoint.ts'
import { onAbort } from './on-abort.ts'

type Tcp = Extract<Endpoint, { kind: 'tcp' }>

const PROBE_LIMIT_MS = 1000

/** True for a completed handshake, or for an alert, which only TLS sends. @throws ReplError ABORTED */
export async function speaksTls({ host, port }: Tcp, stop: AbortSignal): Promise<boolean> {
  const tls = process.getBuiltinModule('node:tls')
  return await probe(tls.connect({ host, port, rejectUnauthorized: false }), stop, async (socket, signal) => {
    await once(socket, 'secureConnect', { signal })
    return true
  })
}

/** True if PING is answered by a status or an error. @throws ReplError ABORTED */
export async function speaksClearText({ host, port }: Tcp, stop: AbortSignal): Promise<boolean> {
  return await probe(connect({ host, port }), stop, async (socket, signal) => {
    socket.write('PING\r\n')
    const [answer] = (await once(socket, 'data', { signal })) as [Buffer]
    return /^[+-]/.test(answer.toString('latin1'))
  })
}

type Ask<T> = (socket: T, signal: AbortSignal) => Promise<boolean>

async function probe<T extends Socket>(socket: T, stop: AbortSignal, ask: Ask<T>): Promise<boolean> {
  // Not by AbortSignal.timeout: Node may collect one that only AbortSignal.any refers to, and it never fires (nodejs/node#57736).
  const over = new AbortController()
  const cancelTimer = after(PROBE_LIMIT_MS, () => over.abort('no answer'))
  const forget = onAbort(stop, () => over.abort('stopped'))
  try {
    return await ask(socket, over.signal)
  } catch (error) {
    stopIfAborted(stop)
    const { code = '' } = error as NodeJS.ErrnoException
    return isTlsError({ code } as NodeJS.ErrnoException) && code.includes('ALERT')
  } finally {
    cancelTimer()
    forget()
    socket.on('error', () => {})
    socket.destroy()
  }
}
