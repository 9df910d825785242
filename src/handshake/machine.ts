/**
 * Climbs the ladder of states.ts: a reducer over reply lines with no socket, timer or clock.
 *
 * begin(plan) stands in CONNECTING. While nextRung() names one, send() gives its command and the state in which the
 * reply is awaited, and advance() judges the reply line and moves on. It ends in
 *   TRANSFER   a payload follows (verdict full or legacy)
 *   CONNECTED  the stream follows (verdict continue)
 *   STOPPED    nothing follows (permitted, channel, none), or a fatal reply: exchange.error says which.
 * Side effects: none; machines are values.
 */
import { ReplError } from '../errors.ts'
import { type PsyncReply, parsePsyncReply } from '../protocol/wire/psync-reply.ts'
import { parseReplyLine } from '../protocol/wire/reply.ts'
import { reworded } from '../protocol/wire/server-error.ts'
import { type Command, type Plan, withoutSecrets } from './plan.ts'
import { LADDER, type Rung, type State } from './states.ts'
import type { Finding, Judgement } from './steps.ts'

/** How the handshake ended. Offsets are those of the last byte before what follows. */
export type Verdict =
  | { readonly kind: 'full'; readonly replid: string; readonly offset: number }
  | { readonly kind: 'continue'; readonly replid: string; readonly offset: number }
  /** SYNC was sent: a payload of unknown origin follows. */
  | { readonly kind: 'legacy' }
  /** A full resync that waits for a second connection; nothing was forked. */
  | { readonly kind: 'channel' }
  /** Keep-alives instead of a reply: a full resync is being prepared, and we left before its fork. */
  | { readonly kind: 'would-fork' }
  | { readonly kind: 'permitted' }
  | { readonly kind: 'none' }

export interface Machine {
  readonly plan: Plan
  readonly state: State
  /** Index in LADDER of the rung last climbed, -1 before the first. */
  readonly rung: number
  readonly verdict?: Verdict
  /** The PSYNC that was refused before SYNC was sent, in words that may be shown. */
  readonly refused?: string
  /** No commands will wait for us behind the RDB. */
  readonly isRdbOnly?: boolean
}

/** One command and its reply, as it may be shown: secrets are masked. */
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

/** The rung to climb next, or undefined at the end. */
export function nextRung(machine: Machine): Rung | undefined {
  return nextIndex(machine) < LADDER.length ? LADDER[nextIndex(machine)] : undefined
}

function nextIndex(machine: Machine): number {
  if (machine.verdict || machine.state === 'STOPPED') return LADDER.length
  const found = LADDER.findIndex((rung, index) => index > machine.rung && rung.command(machine.plan) !== undefined)
  return found < 0 ? LADDER.length : found
}

/** Writes the next rung's command. Call only while nextRung() names one. */
export function send(machine: Machine): { machine: Machine; command: Command } {
  const rung = nextIndex(machine)
  const row = LADDER[rung]
  const command = row?.command(machine.plan)
  if (!row || !command) throw new TypeError('the handshake is over')
  const legacy = row.receive === 'TRANSFER' ? ({ verdict: { kind: 'legacy' } } as const) : {}
  return { machine: { ...machine, ...legacy, rung, state: row.receive }, command }
}

/** Judges the reply to the command last sent. @throws ReplError when the line is no reply of a Redis. */
export function advance(machine: Machine, line: Buffer): { machine: Machine; exchange: Exchange } {
  const row = LADDER[machine.rung]
  const command = row?.command(machine.plan)
  if (!row || !command) throw new TypeError('no command is outstanding')
  const asked = { state: machine.state, sent: command.shown, reply: withoutSecrets(line.toString(), command) }
  const psync = row.receive === 'RECEIVE_PSYNC' ? parsePsyncReply(line) : undefined
  if (psync && psync.kind !== 'refused') return concluded(machine, psync, asked)
  const judgement = row.judge(psync ? psync.error : parseReplyLine(line), machine.plan)
  const exchange: Exchange =
    judgement.outcome === 'fatal' ? { ...asked, ...judgement, error: refused(judgement.error, asked) } : { ...asked, ...judgement }
  return { machine: { ...climbed(machine, judgement), ...noted(judgement, asked) }, exchange }
}

/** The refusal with its place, in the masked words. */
function refused(error: ReplError, { state, sent, reply }: Pick<Exchange, 'state' | 'sent' | 'reply'>): ReplError {
  return reworded(error, reply.slice(1)).with({ state, command: sent.join(' ') })
}

/** What matters later of a reply that carries no sync. */
function noted({ finding }: Judgement, { sent }: Pick<Exchange, 'sent'>): Pick<Machine, 'refused' | 'isRdbOnly'> {
  if (finding === 'PSYNC_UNKNOWN') return { refused: sent.join(' ') }
  return finding === 'RDB_ONLY_OK' ? { isRdbOnly: true } : {}
}

/** Where we stand after a reply that carries no sync. */
function climbed(machine: Machine, { outcome, finding }: Judgement): Machine {
  if (outcome === 'fatal') return { ...machine, state: 'STOPPED' }
  if (finding === 'PSYNC_PERMITTED') return { ...machine, state: 'STOPPED', verdict: { kind: 'permitted' } }
  const next = nextRung(machine)
  return next ? { ...machine, state: next.send } : { ...machine, state: 'STOPPED', verdict: { kind: 'none' } }
}

type Answered = Exclude<PsyncReply, { kind: 'refused' }>

/** PSYNC was answered with a sync of some kind. */
function concluded(machine: Machine, reply: Answered, asked: Pick<Exchange, 'state' | 'sent' | 'reply'>) {
  const { state, verdict, finding } = conclusion(machine.plan, reply)
  return { machine: { ...machine, state, verdict }, exchange: { ...asked, outcome: 'ok', finding } as const }
}

function conclusion(plan: Plan, reply: Answered): { state: State; verdict: Verdict; finding: Finding } {
  switch (reply.kind) {
    case 'full':
      return { state: 'TRANSFER', verdict: reply, finding: 'PSYNC_FULL' }
    case 'rdb-channel':
      return { state: 'STOPPED', verdict: { kind: 'channel' }, finding: 'PSYNC_RDB_CHANNEL' }
    case 'dual-channel':
      return { state: 'STOPPED', verdict: { kind: 'channel' }, finding: 'PSYNC_DUAL_CHANNEL' }
    case 'continue': {
      if (plan.psync.kind !== 'position') throw new ReplError('PSYNC_REPLY', { reply: '+CONTINUE' })
      const asked = plan.psync.replid.toLowerCase() // masters compare replids without case
      const replid = reply.replid ?? asked
      return {
        state: 'CONNECTED',
        verdict: { kind: 'continue', replid, offset: plan.psync.requestOffset - 1 },
        finding: replid !== asked ? 'PSYNC_CONTINUE_NEW_REPLID' : 'PSYNC_CONTINUE',
      }
    }
  }
}
