/** Surveys the tree of a source's server, and switches trees when the source moves to another server. */
import type { LagReport } from '../diagnosis/lag/lag.ts'
import type { Access } from '../engine/ask/access.ts'
import type { Source } from '../engine/ask/source.ts'
import type { ReplError } from '../errors.ts'
import { now } from '../io/clock.ts'
import type { SlotRange } from '../protocol/cluster/cluster-map.ts'
import type { Settings } from '../protocol/settings.ts'
import { Background } from './background.ts'
import type { MarkerCost } from './markers.ts'
import { Survey, type SurveyOptions } from './survey.ts'

/** The options of each survey, without the server where it begins. */
export type SurveySettings = Omit<SurveyOptions, 'entry'> & { readonly entry: Omit<SurveyOptions['entry'], keyof Access> }

export interface SurveyResult {
  readonly report: LagReport
  /** The master's settings, or why they are not known. Undefined when they cannot be judged. */
  readonly settings: Settings | ReplError | undefined
  readonly markerCost: MarkerCost | undefined
  /** Present in a cluster. */
  readonly shard?: { readonly node: string; readonly slots: readonly SlotRange[] }
}

export interface Surveys {
  look(): Promise<readonly SurveyResult[]>
  close(): Promise<void>
}

/** How often to check whether the source has moved to another server. */
const MOVED_EVERY_MS = 1000

export class SourceSurvey implements Surveys {
  readonly #source: Source
  readonly #settings: SurveySettings
  readonly #signal: AbortSignal
  #survey: Survey
  #entry: Access
  #checkedAt = now()
  readonly #checking = new Background()
  readonly #stop = new AbortController()

  private constructor(source: Source, settings: SurveySettings, entry: Access, survey: Survey, signal: AbortSignal) {
    this.#source = source
    this.#settings = settings
    this.#entry = entry
    this.#survey = survey
    this.#signal = AbortSignal.any([signal, this.#stop.signal])
  }

  /** @throws ReplError of the source or of its server */
  static async open(source: Source, settings: SurveySettings, signal: AbortSignal): Promise<SourceSurvey> {
    const { access, choices = [] } = await source.find(signal)
    for (const choice of choices) settings.report(source.name, { type: 'source', at: now(), ...choice })
    return await SourceSurvey.from(access, source, settings, signal)
  }

  /** Begins at any server of the tree, not only its master. @throws ReplError of that server */
  static async from(entry: Access, source: Source, settings: SurveySettings, signal: AbortSignal): Promise<SourceSurvey> {
    const survey = await Survey.open({ ...settings, entry: { ...settings.entry, ...entry } }, signal)
    return new SourceSurvey(source, settings, entry, survey, signal)
  }

  async look(): Promise<readonly [SurveyResult]> {
    this.#checkSource()
    const report = await this.#survey.look()
    return [{ report, settings: this.#survey.settings, markerCost: this.#survey.markerCost }]
  }

  async close(): Promise<void> {
    this.#stop.abort('closed')
    this.#source.close?.()
    await this.#checking.idle()
    await this.#survey.close()
  }

  /** Runs in the background, since a look must not wait for a server that hangs. The report shows that failure anyway. */
  #checkSource(): void {
    if (!this.#source.hasMoved || now() - this.#checkedAt < MOVED_EVERY_MS) return
    this.#checkedAt = now()
    this.#checking.start(() => this.#switchTree())
  }

  /** A replaced master may come back as a master. Without this check we would survey it forever. @throws ReplError */
  async #switchTree(): Promise<void> {
    const top = this.#survey.top ?? this.#entry
    // The source and the tree may know the same server under different names. Its newest INFO is that of the tree.
    const known = [{ ...this.#entry, ...(top.expected && { expected: top.expected }) }, top]
    for (const access of known) if (!(await this.#source.hasMoved?.(access, this.#signal))) return
    const { access } = await this.#source.find(this.#signal)
    const next = await Survey.open({ ...this.#settings, entry: { ...this.#settings.entry, ...access } }, this.#signal)
    const last = this.#survey
    this.#survey = next
    this.#entry = access
    await last.close()
  }
}
