/** Performs the handshake over a live connection: the ladder of handshake/states.ts, with one exchange in flight at a time. */

import type { StopReason } from '../../diagnosis/psync/verdict.ts'
import { ReplError } from '../../errors.ts'
import { advance, begin, type Machine, nextRung, send, type Verdict } from '../../handshake/machine.ts'
import type { Plan } from '../../handshake/plan.ts'
import { now } from '../../io/clock.ts'
import type { Link } from '../../io/link.ts'
import { foreignProtocol } from '../../protocol/wire/foreign.ts'
import { LineReader } from '../../protocol/wire/line-reader.ts'
import { encodeCommand } from '../../protocol/wire/multibulk.ts'
import type { Batch } from '../events.ts'
import { type AttachOptions, followsStream } from '../goal.ts'
import { ProgressReader } from '../progress-reader.ts'
import type { Planner } from './planner.ts'

const DOLLAR = 0x24
const LF = 0x0a

/** The result of a handshake: its verdict and the bytes received after it. */
export interface HandshakeResult {
  readonly verdict: Verdict
  readonly rest: Buffer
  /** The PSYNC that was refused before SYNC was sent. */
  readonly refused: string | undefined
  /** No commands follow the RDB. */
  readonly isRdbOnly: boolean
}

/** Yields a refused exchange before it throws. @throws ReplError with the state in which it happened */
export async function* performHandshake(link: Link, planner: Planner, options: AttachOptions): AsyncGenerator<Batch, HandshakeResult> {
  const lines = new LineReader()
  let machine = begin(firstPlan(options))
  for (let rung = nextRung(machine); rung; rung = nextRung(machine)) {
    if (rung.needs) {
      const { plan, events } = await planner.complete(rung.needs, machine.plan)
      machine = { ...machine, plan }
      if (events.length > 0) yield events
      if (nextRung(machine) !== rung) continue
    }
    machine = yield* exchange(link, lines, machine, planner, options)
  }
  const verdict = machine.verdict ?? { kind: 'none' }
  const { forecast } = planner
  const isNoSurprise = forecast?.forecast.kind === 'full' || (!forecast && options.goal.kind === 'verdict')
  if (isUnwantedFork(machine, verdict, options) && !isNoSurprise) {
    planner.stopReason = unwantedForkReason(verdict, options)
  }
  return { verdict, rest: lines.takeRest(), refused: machine.refused, isRdbOnly: machine.isRdbOnly === true }
}

/** Sends one command and judges its reply. */
async function* exchange(
  link: Link,
  lines: LineReader,
  before: Machine,
  planner: Planner,
  options: AttachOptions,
): AsyncGenerator<Batch, Machine> {
  const { machine, command } = send(before)
  const sentAt = now()
  link.write(encodeCommand(command.args))
  const noReply = { type: 'exchange', state: machine.state, sent: command.shown, reply: '' } as const
  if (machine.state === 'TRANSFER') {
    yield [{ ...noReply, at: now(), rttMs: 0, outcome: 'ok', finding: 'SYNC_SENT' }]
    return machine
  }
  const line = yield* awaitReply(link, lines, machine, options)
  if (!line) {
    yield [{ ...noReply, at: now(), rttMs: now() - sentAt, outcome: 'tolerated', finding: 'PSYNC_WOULD_FORK' }]
    return { ...machine, state: 'STOPPED', verdict: { kind: 'would-fork' } }
  }
  if (machine.state === 'RECEIVE_PSYNC' && options.renamed?.psync && line[0] === DOLLAR) {
    // The server treats a renamed PSYNC as SYNC, whatever its arguments (replication.c, syncCommand looks at argv[0]).
    lines.putBack(line)
    yield [{ ...noReply, at: now(), rttMs: now() - sentAt, outcome: 'tolerated', finding: 'PSYNC_AS_SYNC' }]
    if (needsOffset(options)) throw new ReplError('AS_SYNC', { state: machine.state, command: options.renamed.psync })
    return { ...machine, state: 'TRANSFER', verdict: { kind: 'legacy' } }
  }
  const step = judge(machine, line, command.shown)
  const { error, ...result } = step.exchange
  yield [{ type: 'exchange', at: now(), rttMs: now() - sentAt, ...result, ...(error && { error: error.toFailure() }) }]
  if (result.finding === 'PONG_MISCONF') yield [{ type: 'warning', at: now(), code: 'MISCONF' }]
  if (error) throw await planner.withProvider(error)
  return step.machine
}

/** The plan before the server is known: no PSYNC, and no capabilities. */
export function firstPlan(options: AttachOptions): Plan {
  const isDump = options.goal.kind === 'payload'
  return {
    ...(options.credentials && { credentials: options.credentials }),
    ...(options.clientName !== undefined && { clientName: options.clientName }),
    announce: options.announce,
    capabilities: [],
    rdbOnly: isDump,
    emptyRdb: false,
    psync: { kind: 'nothing' },
    ...(options.renamed && { renamed: options.renamed }),
    legacySync: isDump,
    tolerateMisconf: isDump,
    // Both are about a real replica with these credentials, and it ends here (replication.c, syncWithMaster).
    tolerateNeedlessAuth: options.goal.kind !== 'verdict' && options.goal.kind !== 'live',
  }
}

/** The server may have treated a renamed PSYNC as SYNC. */
function unwantedForkReason({ kind }: Verdict, { renamed }: AttachOptions): StopReason {
  return kind === 'would-fork' && renamed?.psync !== undefined && !renamed.isProven ? 'AS_SYNC' : 'WOULD_FORK'
}

/** SYNC returns no offset, so the stream after its RDB cannot be followed or measured. */
function needsOffset({ goal }: AttachOptions): boolean {
  return followsStream(goal) || goal.kind === 'live'
}

function mayNotFork(machine: Machine, { goal }: AttachOptions): boolean {
  return (goal.kind === 'verdict' || goal.kind === 'stream') && machine.plan.psync.kind !== 'anything'
}

/** Whether the master chose a full resync that we did not ask for. */
function isUnwantedFork(machine: Machine, { kind }: Verdict, options: AttachOptions): boolean {
  return kind === 'would-fork' || kind === 'channel' || (kind === 'full' && mayNotFork(machine, options))
}

/**
 * Yields each keep-alive as its own batch. After PSYNC each one restarts the time limit: the master waits for its BGSAVE.
 * @returns the next line that is not a keep-alive. Undefined when a keep-alive answers a PSYNC that must not fork: the master
 *   has decided on a full resync and waits for its BGSAVE.
 */
async function* awaitReply(
  link: Link,
  lines: LineReader,
  machine: Machine,
  options: AttachOptions,
): AsyncGenerator<Batch, Buffer | undefined> {
  const isPsync = machine.state === 'RECEIVE_PSYNC'
  const reader = ProgressReader.ofReply()
  for (;;) {
    for (let line = lines.next(); line; line = lines.next()) {
      if (line.length > 0) return line
      yield [{ type: 'keep-alive', at: now(), state: machine.state, count: 1 }]
      if (isPsync && mayNotFork(machine, options)) return undefined
    }
    const foreign = foreignProtocol(lines.pending)
    if (foreign) throw foreign.with({ state: machine.state })
    lines.push(await nextChunk(link, machine, options, reader))
  }
}

async function nextChunk(link: Link, { state }: Machine, { limits }: AttachOptions, reader: ProgressReader): Promise<Buffer> {
  const isPsync = state === 'RECEIVE_PSYNC'
  // A reply line is short. Only after PSYNC newlines may come for long before it.
  const isProgress = (chunk: Buffer) => isPsync && chunk.includes(LF)
  const chunk = await reader.read(link, isPsync ? limits.silenceMs : limits.stepMs, isProgress).catch((error) => {
    throw error instanceof ReplError ? error.with({ state }) : error
  })
  if (!chunk) throw new ReplError('CLOSED', { state })
  return chunk
}

function judge(machine: Machine, line: Buffer, shown: readonly string[]) {
  try {
    return advance(machine, line)
  } catch (error) {
    throw error instanceof ReplError ? error.with({ state: machine.state, command: shown.join(' ') }) : error
  }
}
