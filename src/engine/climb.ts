/** Climbs the handshake's ladder over a live connection, one exchange outstanding at a time. */
import { ReplError } from '../errors.ts'
import { advance, begin, type Machine, nextRung, send, type Verdict } from '../handshake/machine.ts'
import { INVISIBLE, type Plan } from '../handshake/plan.ts'
import { now } from '../io/clock.ts'
import type { Transport } from '../io/transport.ts'
import { foreignProtocol } from '../protocol/foreign.ts'
import { LineReader } from '../protocol/line-reader.ts'
import { encodeCommand } from '../protocol/multibulk.ts'
import type { Briefing } from './briefing.ts'
import type { Batch, ExchangeEvent } from './events.ts'
import type { ReplicaOptions } from './options.ts'

/** What the handshake leaves: its verdict and the bytes received behind it. */
export interface Climbed {
  readonly verdict: Verdict
  readonly rest: Buffer
}

/** A keep-alive in answer to a PSYNC that must not fork: the master has decided on a full resync. */
class WouldFork extends Error {}

/** @throws ReplError with the state in which it happened; the exchange that was refused is yielded first. */
export async function* climb(link: Transport, briefing: Briefing, options: ReplicaOptions): AsyncGenerator<Batch, Climbed> {
  const lines = new LineReader()
  let machine = begin(firstPlan(options))
  for (let rung = nextRung(machine); rung; rung = nextRung(machine)) {
    if (rung.needs) {
      const { plan, events } = await (rung.needs === 'server' ? briefing.meetServer(machine.plan) : briefing.refreshPosition(machine.plan))
      machine = { ...machine, plan }
      if (events.length > 0) yield events
      if (nextRung(machine) !== rung) continue
    }
    const outgoing = send(machine)
    machine = outgoing.machine
    const asked = now()
    link.write(encodeCommand(outgoing.command.args))
    if (machine.state === 'TRANSFER') {
      yield [sentWithoutReply(machine, outgoing.command.shown)]
      break
    }
    try {
      const line = yield* awaitReply(link, lines, machine, options)
      const step = judged(machine, line, outgoing.command.shown)
      machine = step.machine
      yield [{ type: 'exchange', at: now(), rttMs: now() - asked, ...step.exchange }]
      if (step.exchange.finding === 'PONG_MISCONF') yield [{ type: 'warning', at: now(), code: 'MISCONF' }]
      if (step.exchange.error) throw step.exchange.error
    } catch (error) {
      if (!(error instanceof WouldFork)) throw error
      briefing.stopReason = 'WOULD_FORK'
      yield [wouldFork(machine, outgoing.command.shown, now() - asked)]
      break
    }
  }
  const verdict = machine.verdict ?? { kind: 'none' }
  if (verdict.kind === 'channel' || (verdict.kind === 'full' && mayNotFork(machine, options))) briefing.stopReason = 'WOULD_FORK'
  return { verdict, rest: lines.takeRest() }
}

/** Before the server is known: nothing is asked of it, and no more announced than every server takes. */
function firstPlan(options: ReplicaOptions): Plan {
  const isDump = options.goal === 'payload'
  return {
    ...(options.credentials && { credentials: options.credentials }),
    clientName: options.clientName,
    announce: options.announce ?? INVISIBLE,
    capabilities: [],
    rdbOnly: isDump,
    emptyRdb: false,
    psync: { kind: 'nothing' },
    legacySync: isDump,
    tolerateMisconf: isDump,
  }
}

function mayNotFork(machine: Machine, options: ReplicaOptions): boolean {
  return options.goal === 'verdict' && machine.plan.psync.kind !== 'anything'
}

/** The next line that is no keep-alive; those are told one batch at a time and start the time limit anew. */
async function* awaitReply(
  link: Transport,
  lines: LineReader,
  machine: Machine,
  options: ReplicaOptions,
): AsyncGenerator<Batch, Buffer> {
  const where = { state: machine.state }
  const limitMs = machine.state === 'RECEIVE_PSYNC' ? options.limits.silenceMs : options.limits.stepMs
  for (;;) {
    for (let line = lines.next(); line; line = lines.next()) {
      if (line.length > 0) return line
      yield [{ type: 'keep-alive', at: now(), state: machine.state, count: 1 }]
      if (machine.state === 'RECEIVE_PSYNC' && mayNotFork(machine, options)) throw new WouldFork()
    }
    const chunk = await link.read(limitMs).catch((error) => {
      throw foreignProtocol(lines.pending) ?? (error instanceof ReplError ? error.with(where) : error)
    })
    if (!chunk) throw foreignProtocol(lines.pending) ?? new ReplError('LINK_LOST', { reason: 'CLOSED', ...where })
    lines.push(chunk)
  }
}

function judged(machine: Machine, line: Buffer, shown: readonly string[]) {
  try {
    return advance(machine, line)
  } catch (error) {
    throw error instanceof ReplError ? error.with({ state: machine.state, command: shown.join(' ') }) : error
  }
}

function sentWithoutReply(machine: Machine, sent: readonly string[]): ExchangeEvent {
  return { type: 'exchange', at: now(), rttMs: 0, state: machine.state, sent, reply: '', outcome: 'ok', finding: 'SYNC_SENT' }
}

function wouldFork(machine: Machine, sent: readonly string[], rttMs: number): ExchangeEvent {
  return { type: 'exchange', at: now(), rttMs, state: machine.state, sent, reply: '', outcome: 'tolerated', finding: 'PSYNC_WOULD_FORK' }
}
