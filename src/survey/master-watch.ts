/** Watches one master for a resync loop while something else is asked of it. */
import type { ResyncReport } from '../diagnosis/resync/report.ts'
import type { Access } from '../engine/ask/access.ts'
import { now, sleep } from '../io/clock.ts'
import { endpointName } from '../io/endpoint.ts'
import { Probe } from './probe.ts'
import { ResyncWatch } from './resync-watches.ts'

const EVERY_MS = 50
/** How often to judge what was seen. */
const LOOK_EVERY_MS = 250

export class MasterWatch {
  readonly #watch: ResyncWatch
  readonly #probe: Probe
  readonly #access: Access
  readonly #signal: AbortSignal
  readonly #since = now()

  /** @param replica one of its replicas, whose own repl-timeout may cut it */
  constructor(access: Access, signal: AbortSignal, replica?: Access) {
    this.#access = access
    this.#signal = signal
    this.#watch = new ResyncWatch(signal)
    const saw = (observation: Parameters<ResyncWatch['saw']>[0]) => {
      this.#watch.saw(observation)
      this.#watch.update(access)
      if (replica) this.#watch.askReplica(endpointName(replica.endpoint), replica)
    }
    this.#probe = new Probe(access, EVERY_MS, saw, signal)
  }

  /** What was seen so far. */
  get report(): ResyncReport | undefined {
    return this.#watch.report(endpointName(this.#access.endpoint))
  }

  /** Watches until a loop is found or can be ruled out. A server that cannot be asked shows none. */
  async settle(): Promise<ResyncReport | undefined> {
    await this.#probe.first()
    for (;;) {
      const { report } = this
      if (!report || this.#probe.failure || now() - this.#since >= report.watchMs) return report
      await sleep(LOOK_EVERY_MS, this.#signal)
    }
  }

  /** A replica of this master that has no link to it now. */
  sawReplicaWithoutLink(): void {
    this.#watch.sawReplicas(true)
  }

  /** Our own PSYNC was a full resync. It is not part of a loop. */
  sawOwnResync(): void {
    this.#watch.sawOwnResync()
  }

  async stop(): Promise<void> {
    this.#probe.stop()
    await this.#watch.stop()
  }
}
