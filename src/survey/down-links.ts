/** Asks the masters of replicas whose links are down why they are: once for each time that a link goes down. */
import { SILENT_MS, type TreeNode } from '../diagnosis/lag/lag.ts'
import { isLetIn, type MasterAnswer } from '../diagnosis/psync/master-answer.ts'
import type { Access } from '../engine/ask/access.ts'
import { askMaster } from '../engine/ask/master-answer.ts'
import { announcedPort, isDown } from '../engine/ask/replica-position.ts'
import { ignoreFailure } from '../errors.ts'
import { waitFor } from '../io/clock.ts'
import type { Address } from '../topology/address-map.ts'

interface Asked {
  answer?: MasterAnswer
  readonly done: Promise<void>
}

export class DownLinks {
  readonly #reach: (address: Address) => Access
  readonly #signal: AbortSignal
  readonly #stop = new AbortController()
  /** By the name of the replica. */
  readonly #asked = new Map<string, Asked>()

  constructor(reach: (address: Address) => Access, signal: AbortSignal) {
    this.#reach = reach
    this.#signal = AbortSignal.any([signal, this.#stop.signal])
  }

  /** If a master does not answer within a second, the next look shows its answer. */
  async update(nodes: readonly TreeNode[]): Promise<void> {
    const down = nodes.filter(({ seen, failure }) => !failure && seen?.server.masterLink && isDown(seen.server.masterLink))
    for (const name of this.#asked.keys()) if (!down.some((node) => node.name === name)) this.#asked.delete(name)
    const fresh = down.filter(({ name }) => !this.#asked.has(name)).map((node) => this.#ask(node))
    if (fresh.length > 0) await waitFor(Promise.all(fresh), SILENT_MS, this.#signal)
  }

  answer(name: string): MasterAnswer | undefined {
    const answer = this.#asked.get(name)?.answer
    return answer && !isLetIn(answer) ? answer : undefined
  }

  async stop(): Promise<void> {
    this.#stop.abort('stopped')
    await Promise.all([...this.#asked.values()].map(({ done }) => done))
  }

  async #ask({ name, seen }: TreeNode): Promise<void> {
    const link = seen?.server.masterLink
    if (!seen || !link) return
    const { host, port } = link
    const asked: Asked = {
      done: askMaster(this.#reach({ host, port }), announcedPort(seen.server), this.#signal)
        .then((answer) => {
          asked.answer = answer
        })
        .catch(ignoreFailure),
    }
    this.#asked.set(name, asked)
    await asked.done
  }
}
