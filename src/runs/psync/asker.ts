/** Asks servers one question about PSYNC. With --from-replica it also watches the master for a resync loop. */
import type { PsyncFacts, Subject } from '../../diagnosis/psync/answer.ts'
import type { Source } from '../../engine/ask/source.ts'
import type { ReplEvent } from '../../engine/events.ts'
import type { Goal } from '../../engine/goal.ts'
import { Visit } from '../../engine/visit.ts'
import { MasterWatch } from '../../survey/master-watch.ts'
import { accessTo } from '../../topology/target.ts'
import type { Connection } from '../connection.ts'
import type { RunContext } from '../context.ts'
import { observe } from '../observe.ts'
import type { Waiting } from '../waiting.ts'
import { psyncFacts } from './facts.ts'
import type { Question } from './plan.ts'
import { expectTwoServers, positionAsked } from './position.ts'

export class Asker {
  readonly #question: Question
  readonly #connection: Connection
  readonly #signal: AbortSignal
  readonly #waiting: Waiting
  #watch: MasterWatch | undefined
  /** The target and the replica were seen to be two servers. */
  #areTwo = false

  constructor(question: Question, connection: Connection, { stop, waiting }: Pick<RunContext, 'stop' | 'waiting'>) {
    this.#question = question
    this.#connection = connection
    this.#signal = stop
    this.#waiting = waiting
  }

  /** Whether an answer may begin with a resync loop, which is known only at its end. */
  get isWatching(): boolean {
    return this.#question.asked.fromReplica !== undefined
  }

  /** Predicts from INFO alone. Measures no write rate and prints nothing. */
  async look(): Promise<PsyncFacts> {
    const { facts } = await this.#ask('forecast', 0, this.#connection.source, new Visit(), () => {})
    return withLoop(facts, this.#watch)
  }

  /** Predicts or sends PSYNC, as the user chose. */
  async ask(source: Source, visit: Visit, show: (event: ReplEvent) => void) {
    const { isByInfoAlone, sampleMs } = this.#question
    if (this.isWatching) this.#watch ??= await this.#watchMaster(source)
    const { facts, subject, replica } = await this.#ask(isByInfoAlone ? 'forecast' : 'verdict', sampleMs, source, visit, show)
    if (facts.verdict?.kind === 'full' || facts.verdict?.kind === 'would-fork') this.#watch?.sawOwnResync()
    if (subject.kind === 'replica' && subject.downSeconds !== undefined) this.#watch?.sawReplicaWithoutLink()
    if (this.#watch) this.#waiting.for({ text: 'watching the master for a resync loop' })
    await this.#watch?.settle()
    this.#waiting.over()
    const found = withLoop(facts, this.#watch)
    return { facts: isLinkless(found, subject) ? { ...found, isLinkless: true } : found, subject, replica }
  }

  async close(): Promise<void> {
    await this.#watch?.stop()
  }

  async #watchMaster(source: Source): Promise<MasterWatch> {
    const { fromReplica } = this.#question.asked
    const replica = fromReplica && accessTo(fromReplica, this.#connection.template)
    return new MasterWatch((await source.find(this.#signal)).access, this.#signal, replica || undefined)
  }

  async #ask(kind: 'forecast' | 'verdict', sampleMs: number, source: Source, visit: Visit, show: (event: ReplEvent) => void) {
    const { asked, allowFork } = this.#question
    const { linkOptions } = this.#connection
    const found = await positionAsked(asked, this.#connection, this.#signal)
    if (!this.#areTwo) await expectTwoServers(found, source, this.#signal)
    this.#areTwo = true
    const { position, subject, replica } = found
    const common = { sampleMs, ...(position && { position }) }
    const goal: Goal = kind === 'forecast' ? { kind, ...common } : { kind, allowFork, stopBeforePsync: false, ...common }
    await observe(source, { ...linkOptions, goal }, visit, show, this.#signal, this.#waiting)
    return { facts: psyncFacts(visit, source.name), subject, replica }
  }
}

/** Between two rounds of a resync loop the link is down too. */
function isLinkless({ loop, position, history }: PsyncFacts, subject: Subject): boolean {
  if (loop || subject.kind !== 'replica' || !subject.master || position?.replid !== '?') return false
  const { downSeconds = -1, master } = subject
  return downSeconds < 0 && master.kind === 'answers' && master.replid !== undefined && master.replid === history?.replid
}

function withLoop(facts: PsyncFacts, watch: MasterWatch | undefined): PsyncFacts {
  const { loop, suspicion } = watch?.report ?? {}
  return { ...facts, ...(loop && { loop }), ...(suspicion && { suspicion }) }
}
