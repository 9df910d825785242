/** A scripted Sentinel, for what real ones say only by accident: the address of a stranger, or one that is impossible. */
import { setTimeout as sleep } from 'node:timers/promises'
import { FakeMaster, infoReply } from './fake-master.ts'
import { line, multibulk } from './wire.ts'

const QUESTION = 'GET-MASTER-ADDR-BY-NAME'

export class ScriptedSentinel {
  readonly #fake: FakeMaster
  readonly #script: Record<string, string | Buffer>

  private constructor(fake: FakeMaster, script: Record<string, string | Buffer>) {
    this.#fake = fake
    this.#script = script
  }

  static async start(): Promise<ScriptedSentinel> {
    const script: Record<string, string | Buffer> = { INFO: infoReply({ redis_mode: 'sentinel' }) }
    return new ScriptedSentinel(await FakeMaster.start(script), script)
  }

  get target(): string {
    return this.#fake.target
  }

  /** @param runId as SENTINEL MASTER shows it: empty right after a failover */
  names(target: string, runId = ''): void {
    const [host = '', port = ''] = target.split(':')
    this.says(multibulk(host, port))
    this.#script['SENTINEL MASTER'] = multibulk('name', 'mymaster', 'ip', host, 'port', port, 'runid', runId)
    this.#script['SENTINEL MASTERS'] = Buffer.concat([line('*1'), multibulk('name', 'mymaster')])
  }

  /** @param reply to SENTINEL GET-MASTER-ADDR-BY-NAME */
  says(reply: string | Buffer): void {
    this.#script[`SENTINEL ${QUESTION}`] = reply
  }

  /** Waits until an answer that it gives now has been judged: the question after it comes only then. */
  async judged(): Promise<void> {
    const asked = () => this.#fake.received.filter(([, option]) => option === QUESTION).length
    const wanted = asked() + 2
    const end = Date.now() + 30_000
    while (asked() < wanted) {
      if (Date.now() > end) throw new Error('the Sentinel is no longer asked')
      await sleep(20)
    }
  }

  stop(): void {
    this.#fake.stop()
  }
}

/** A target with all of them. */
export function targetOf(sentinels: readonly ScriptedSentinel[]): string {
  return `redis-sentinel://${sentinels.map(({ target }) => target).join(',')}/mymaster`
}
