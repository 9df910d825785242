/**
 * Runs the ladder of states.ts: a reducer over reply lines, without a socket, timer or clock.
 *
 * begin(plan) starts in CONNECTING. While nextRung() returns a rung, send() returns its command and the state that awaits
 * the reply, and advance() judges the reply line and moves on. The machine ends in
 *   TRANSFER   a payload follows (verdict full or legacy)
 *   CONNECTED  the stream follows (verdict continue)
 *   STOPPED    nothing follows (verdict permitted, channel or none), or the reply was fatal (exchange.error is set).
 * No side effects: machines are values.
 */
import { ReplError } from '../errors.ts'
import { type PsyncReply, parsePsyncReply } from '../protocol/wire/psync-reply.ts'
import { parseReplyLine } from '../protocol/wire/reply.ts'
import { withReplyText } from '../protocol/wire/server-error.ts'
import { type Command, type Plan, withoutSecrets } from './plan.ts'
import { LADDER, type Rung, type State } from './states.ts'
import type { Finding, Judgement } from './steps.ts'

/** How the handshake ended. Offsets are the last byte before the stream that follows. */
export type Verdict =
  | { readonly kind: 'full'; readonly replid: string; readonly offset: number }
  | { readonly kind: 'continue'; readonly replid: string; readonly offset: number }
  /** SYNC was sent: a payload follows, without a replid and an offset. */
  | { readonly kind: 'legacy' }
  /** A full resync that waits for a second connection; the server has not forked. */
  | { readonly kind: 'channel' }
  /** Keep-alives came instead of a reply: the server prepares a full resync, and we disconnect before its fork. */
  | { readonly kind: 'would-fork' }
  | { readonly kind: 'permitted' }
  | { readonly kind: 'none' }

export interface Machine {
  readonly plan: Plan
  readonly state: State
  /** Index in LADDER of the last rung sent, -1 before the first. */
  readonly rung: number
  readonly verdict?: Verdict
  /** The PSYNC command that was refused before SYNC was sent, with secrets masked. */
  readonly refused?: string
  /** The server accepted rdb-only: it buffers no commands for us after the RDB. */
  readonly isRdbOnly?: boolean
}

/** One command and its reply, safe to show: secrets are masked. */
export interface Exchange {
  readonly state: State
  readonly sent: readonly string[]
  readonly reply: string
  readonly outcome: Judgement['outcome']
  readonly finding: Finding
  readonly error?: ReplError
}

export function begin(plan: Plan): Machine {
  return { plan, state: 'CONNECTING', rung: -1 }
}

/** The next rung, or undefined at the end. */
export function nextRung(machine: Machine): Rung | undefined {
  return nextIndex(machine) < LADDER.length ? LADDER[nextIndex(machine)] : undefined
}

function nextIndex(machine: Machine): number {
  if (machine.verdict || machine.state === 'STOPPED') return LADDER.length
  const found = LADDER.findIndex((rung, index) => index > machine.rung && rung.command(machine.plan) !== undefined)
  return found < 0 ? LADDER.length : found
}

/** Returns the next rung's command. Call only while nextRung() returns a rung. */
export function send(machine: Machine): { machine: Machine; command: Command } {
  const rung = nextIndex(machine)
  const row = LADDER[rung]
  const command = row?.command(machine.plan)
  if (!row || !command) throw new TypeError('the handshake is over')
  const legacy = row.receive === 'TRANSFER' ? ({ verdict: { kind: 'legacy' } } as const) : {}
  return { machine: { ...machine, ...legacy, rung, state: row.receive }, command }
}

/** Judges the reply to the last command sent. @throws ReplError if the line is not a Redis reply */
export function advance(machine: Machine, line: Buffer): { machine: Machine; exchange: Exchange } {
  const row = LADDER[machine.rung]
  const command = row?.command(machine.plan)
  if (!row || !command) throw new TypeError('no command is outstanding')
  const base = { state: machine.state, sent: command.shown, reply: withoutSecrets(line.toString(), command) }
  const psync = row.receive === 'RECEIVE_PSYNC' ? parsePsyncReply(line) : undefined
  if (psync && psync.kind !== 'refused') return conclude(machine, psync, base)
  const judgement = row.judge(psync ? psync.error : parseReplyLine(line), machine.plan)
  const exchange: Exchange =
    judgement.outcome === 'fatal' ? { ...base, ...judgement, error: refusalError(judgement.error, base) } : { ...base, ...judgement }
  return { machine: { ...moveOn(machine, judgement), ...record(judgement, base) }, exchange }
}

/** The refusal with its state and command, and with secrets masked in the reply. */
function refusalError(error: ReplError, { state, sent, reply }: Pick<Exchange, 'state' | 'sent' | 'reply'>): ReplError {
  return withReplyText(error, reply.slice(1)).with({ state, command: sent.join(' ') })
}

/** The facts of a reply without a sync that matter later. */
function record({ finding }: Judgement, { sent }: Pick<Exchange, 'sent'>): Pick<Machine, 'refused' | 'isRdbOnly'> {
  if (finding === 'PSYNC_UNKNOWN') return { refused: sent.join(' ') }
  return finding === 'RDB_ONLY_OK' ? { isRdbOnly: true } : {}
}

/** The machine after a reply without a sync. */
function moveOn(machine: Machine, { outcome, finding }: Judgement): Machine {
  if (outcome === 'fatal') return { ...machine, state: 'STOPPED' }
  if (finding === 'PSYNC_PERMITTED') return { ...machine, state: 'STOPPED', verdict: { kind: 'permitted' } }
  const next = nextRung(machine)
  return next ? { ...machine, state: next.send } : { ...machine, state: 'STOPPED', verdict: { kind: 'none' } }
}

type SyncReply = Exclude<PsyncReply, { kind: 'refused' }>

/** Handles a reply to PSYNC that starts a sync of some kind. */
function conclude(machine: Machine, reply: SyncReply, base: Pick<Exchange, 'state' | 'sent' | 'reply'>) {
  const { state, verdict, finding } = interpret(machine.plan, reply)
  return { machine: { ...machine, state, verdict }, exchange: { ...base, outcome: 'ok', finding } as const }
}

function interpret(plan: Plan, reply: SyncReply): { state: State; verdict: Verdict; finding: Finding } {
  switch (reply.kind) {
    case 'full':
      return { state: 'TRANSFER', verdict: reply, finding: 'PSYNC_FULL' }
    case 'rdb-channel':
      return { state: 'STOPPED', verdict: { kind: 'channel' }, finding: 'PSYNC_RDB_CHANNEL' }
    case 'dual-channel':
      return { state: 'STOPPED', verdict: { kind: 'channel' }, finding: 'PSYNC_DUAL_CHANNEL' }
    case 'continue': {
      if (plan.psync.kind !== 'position') throw new ReplError('PSYNC_REPLY', { reply: '+CONTINUE' })
      const requestedReplid = plan.psync.replid.toLowerCase() // masters compare replids without case
      const replid = reply.replid ?? requestedReplid
      return {
        state: 'CONNECTED',
        verdict: { kind: 'continue', replid, offset: plan.psync.requestOffset - 1 },
        finding: replid !== requestedReplid ? 'PSYNC_CONTINUE_NEW_REPLID' : 'PSYNC_CONTINUE',
      }
    }
  }
}
