/**
 * The replication engine that every subcommand uses: connect → handshake → payload → stream over one link, as batches of
 * events. Failures are thrown as ReplError; there is no error event.
 */

import { ReplError } from '../../errors.ts'
import { now } from '../../io/clock.ts'
import type { DialStep } from '../../io/dial.ts'
import { endpointName, pinned } from '../../io/endpoint.ts'
import type { Link } from '../../io/link.ts'
import { connectSocket, READ_BUFFER_BYTES } from '../../io/socket-link.ts'
import { summableBuffer } from '../../rdb/crc64.ts'
import { userOf } from '../ask/access.ts'
import { Denied } from '../ask/denied.ts'
import { Informant } from '../ask/informant.ts'
import { missingAt } from '../ask/no-position.ts'
import { LinkQuestions } from '../ask/questions.ts'
import type { Batch, DialEvent } from '../events.ts'
import { type AttachOptions, forksOnPurpose, maxRateOf } from '../goal.ts'
import { firstPlan, type HandshakeResult, performHandshake } from './handshake.ts'
import { Observer } from './observer.ts'
import { readLimit } from './pacer.ts'
import { type Attachment, receiveResync } from './payload.ts'
import { Planner } from './planner.ts'
import { streamBytes } from './stream.ts'

/** Closes its connections however it ends. @throws ReplError with the endpoint */
export async function* attach(options: AttachOptions, signal: AbortSignal): AsyncGenerator<Batch> {
  const endpoint = endpointName(options.endpoint)
  try {
    yield* options.goal.kind === 'forecast' ? inspect(options, signal) : replicate(options, signal)
  } catch (error) {
    throw error instanceof ReplError ? error.with({ endpoint, ...userOf(error, options) }) : error
  }
}

/** Makes a forecast from INFO over an ordinary connection, so the server sees no replica. */
async function* inspect(options: AttachOptions, signal: AbortSignal): AsyncGenerator<Batch> {
  const informant = new Informant(options, signal)
  const planner = new Planner(options, informant, informant, signal)
  try {
    yield (await planner.complete('server', firstPlan(options))).events
    if (!planner.forecast) throw informant.unavailable ?? missingAt(planner.stopReason) ?? new ReplError('NO_POSITION')
    yield [planner.forecast]
    yield await planner.counters()
  } finally {
    informant.close()
  }
}

async function* replicate(options: AttachOptions, signal: AbortSignal): AsyncGenerator<Batch> {
  const link = yield* connect(options, signal)
  const server = { ...options, endpoint: pinned(options.endpoint, link.remoteName) }
  const denied = new Denied()
  const informant = new Informant(server, signal, denied)
  const planner = new Planner(options, new LinkQuestions(link, options.limits.stepMs, denied), informant, signal)
  const attachment = { link, planner, observer: new Observer(informant, link.localName), options: server, signal }
  try {
    const handshake = yield* performHandshake(link, planner, options)
    const { forecast, stopReason: stopped } = planner
    // Disconnecting at once may still cancel an unwanted fork.
    if (options.goal.kind === 'verdict' || stopped) link.close()
    yield [...(forecast ? [forecast] : []), { type: 'verdict', at: now(), verdict: handshake.verdict, ...(stopped && { stopped }) }]
    yield* pursue(attachment, handshake)
    link.close()
    yield await planner.counters()
  } finally {
    link.close()
    informant.close()
  }
}

/** Continues after the handshake as far as the goal requires. */
async function* pursue(attachment: Attachment, handshake: HandshakeResult): AsyncGenerator<Batch> {
  const { goal } = attachment.options
  switch (goal.kind) {
    case 'payload':
    case 'live':
      yield* receiveResync(attachment, handshake, goal.store.sink)
      break
    case 'stream':
    case 'snapshot':
      // No PSYNC, no stream. The verdict event gives the reason, and the follower decides what to do.
      if (!attachment.planner.stopReason) yield* follow(attachment, handshake)
  }
}

/** The payload, when the verdict brings one, and then the stream. */
async function* follow(attachment: Attachment, handshake: HandshakeResult): AsyncGenerator<Batch> {
  const { link, planner, options, signal } = attachment
  const { goal } = options
  if (goal.kind !== 'stream' && goal.kind !== 'snapshot') return
  const { verdict } = handshake
  const live = planner.forecast?.history.offset
  if (verdict.kind === 'continue') {
    const server = { ...planner.server, ...(live !== undefined && { boundary: live }) }
    return yield* streamBytes(link, handshake.rest, verdict, server, options, goal.ack, signal)
  }
  const rest = yield* receiveResync(attachment, handshake, goal.kind === 'snapshot' ? goal.store.sink : undefined)
  if (verdict.kind !== 'full') return
  yield* streamBytes(link, rest, verdict, { ...planner.server, boundary: verdict.offset }, options, goal.ack, signal)
}

/** Yields every step of connecting, even when the last one fails. */
async function* connect(
  { goal, endpoint, limits, connect: open = connectSocket }: AttachOptions,
  signal: AbortSignal,
): AsyncGenerator<Batch, Link> {
  const steps: DialEvent[] = []
  const note = (step: DialStep) => steps.push({ ...step, at: now() })
  const readBytes = Math.min(READ_BUFFER_BYTES, readLimit(maxRateOf(goal)))
  const memory = forksOnPurpose(goal) ? { memory: summableBuffer(readBytes) } : {}
  let link: Link | undefined
  let isHandedOver = false
  try {
    link = await open(endpoint, { limitMs: limits.connectMs, note, ...memory }, signal)
  } catch (error) {
    yield steps
    throw error
  }
  try {
    const { rttMs, localName, remoteName } = link
    const isSecured = ({ type }: DialEvent) => type === 'secured'
    const connected = { type: 'connected', at: now(), rttMs, local: localName, remote: remoteName } as const
    yield [...steps.filter((step) => !isSecured(step)), connected, ...steps.filter(isSecured)]
    isHandedOver = true
    return link
  } finally {
    // A consumer may stop at the first batch.
    if (!isHandedOver) link.close()
  }
}
