/** Whether a port that would not talk to us speaks the other of the two: TLS, or clear text. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { stopIfAborted } from '../errors.ts'
import { isTlsError } from './certificate.ts'
import type { Endpoint } from './endpoint.ts'

type Tcp = Extract<Endpoint, { kind: 'tcp' }>

const PATIENCE_MS = 1000

/** A handshake, or an alert that only TLS would send. @throws ReplError ABORTED */
export async function speaksTls({ host, port }: Tcp, stop: AbortSignal): Promise<boolean> {
  const tls = process.getBuiltinModule('node:tls')
  return await answered(tls.connect({ host, port, rejectUnauthorized: false }), stop, async (socket, signal) => {
    await once(socket, 'secureConnect', { signal })
    return true
  })
}

/** An error or a status in answer to PING. @throws ReplError ABORTED */
export async function speaksClearText({ host, port }: Tcp, stop: AbortSignal): Promise<boolean> {
  return await answered(connect({ host, port }), stop, async (socket, signal) => {
    socket.write('PING\r\n')
    const [answer] = (await once(socket, 'data', { signal })) as [Buffer]
    return /^[+-]/.test(answer.toString('latin1'))
  })
}

type Ask<T> = (socket: T, signal: AbortSignal) => Promise<boolean>

async function answered<T extends Socket>(socket: T, stop: AbortSignal, ask: Ask<T>): Promise<boolean> {
  try {
    return await ask(socket, AbortSignal.any([stop, AbortSignal.timeout(PATIENCE_MS)]))
  } catch (error) {
    stopIfAborted(stop)
    const { code = '' } = error as NodeJS.ErrnoException
    return isTlsError({ code } as NodeJS.ErrnoException) && code.includes('ALERT')
  } finally {
    socket.on('error', () => {})
    socket.destroy()
  }
}
