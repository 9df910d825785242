/**
 * The one replication engine: connect → handshake → payload, as batches of events. Every subcommand is a view of it.
 * Failures are thrown as ReplError; there is no error event.
 */
import { ReplError } from '../errors.ts'
import { now } from '../io/clock.ts'
import { endpointName, Transport } from '../io/transport.ts'
import { Briefing } from './briefing.ts'
import { climb } from './climb.ts'
import type { Batch, BgsaveEvent } from './events.ts'
import type { ReplicaOptions } from './options.ts'
import { Poller } from './poller.ts'
import { receivePayload } from './receive.ts'

/** How often the server's INFO is asked for the progress of its BGSAVE. */
const PROGRESS_EVERY_MS = 1000

/** Leaves no connection open, however it ends. @throws ReplError */
export async function* replicate(options: ReplicaOptions, signal: AbortSignal): AsyncGenerator<Batch> {
  const endpoint = endpointName(options.endpoint)
  const asked = now()
  const link = await Transport.connect(options.endpoint, options.limits.connectMs, signal)
  const briefing = new Briefing(options, signal)
  try {
    yield [{ type: 'connected', at: now(), rttMs: now() - asked, local: link.localName, remote: link.remoteName }]
    const { verdict, rest } = yield* climb(link, briefing, options)
    const stopped = briefing.stopReason
    // A fork that was not wanted may be called off still by leaving at once.
    if (options.goal === 'verdict') link.close()
    yield [{ type: 'verdict', at: now(), verdict, ...(stopped && { stopped }) }]
    if (options.goal === 'payload') {
      // A sync on two connections was not asked for, and no payload will come on this one.
      if (verdict.kind !== 'full' && verdict.kind !== 'legacy')
        throw new ReplError('PROTOCOL', { reason: 'PSYNC_REPLY', reply: verdict.kind })
      yield* payload(link, briefing, rest, options, signal)
    }
    link.close()
    yield await briefing.bill()
  } catch (error) {
    throw error instanceof ReplError ? error.with({ endpoint }) : error
  } finally {
    link.close()
    briefing.close()
  }
}

async function* payload(link: Transport, briefing: Briefing, rest: Buffer, options: ReplicaOptions, signal: AbortSignal) {
  const poller = new Poller<BgsaveEvent>(() => briefing.bgsaveProgress(), PROGRESS_EVERY_MS, signal)
  try {
    yield* receivePayload(link, rest, options, () => poller.take())
  } finally {
    await poller.stop()
  }
}
