/**
 * Everything that one attachment to a server has shown, folded from its events. Every view of a run (text, JSON, verdict,
 * figures, the follower) reads it, so only this file has to handle a new event.
 */
import type {
  BufferEvent,
  ConnectedEvent,
  CountersEvent,
  DialEvent,
  ExchangeEvent,
  ForecastEvent,
  LiveEvent,
  PayloadEndEvent,
  PayloadStartEvent,
  QueryEvent,
  ReplEvent,
  SaveCostEvent,
  ServerEvent,
  SourceEvent,
  StoredEvent,
  VerdictEvent,
  WarningEvent,
  WriteRateEvent,
} from './events.ts'

/** Events that occur once per visit. The last one counts. */
interface LatestEvents {
  readonly connected?: ConnectedEvent
  readonly server?: ServerEvent
  readonly forecast?: ForecastEvent
  readonly verdict?: VerdictEvent
  readonly 'write-rate'?: WriteRateEvent
  readonly 'payload-start'?: PayloadStartEvent
  readonly 'payload-end'?: PayloadEndEvent
  readonly stored?: StoredEvent
  readonly live?: LiveEvent
  readonly 'save-cost'?: SaveCostEvent
  readonly counters?: CountersEvent
}

export class Visit {
  readonly choices: SourceEvent[] = []
  readonly dialled: DialEvent[] = []
  readonly exchanges: ExchangeEvent[] = []
  readonly queries: QueryEvent[] = []
  readonly warnings: WarningEvent[] = []
  /** Samples of our output buffer on the master. */
  readonly buffers: BufferEvent[] = []
  keepAlives = 0
  seen: LatestEvents = {}

  add(event: ReplEvent): void {
    switch (event.type) {
      case 'source':
        this.choices.push(event)
        break
      case 'lookup':
      case 'unreached':
      case 'secured':
        this.dialled.push(event)
        break
      case 'exchange':
        this.exchanges.push(event)
        break
      case 'query':
        this.queries.push(event)
        break
      case 'warning':
        this.warnings.push(event)
        break
      case 'buffer':
        this.buffers.push(event)
        break
      case 'keep-alive':
        this.keepAlives += event.count
        break
      // Progress events matter only at the moment they are shown.
      case 'bgsave':
      case 'payload-progress':
      case 'stream':
      case 'stream-chunk':
      case 'following':
      case 'silence':
        break
      default: {
        const type: keyof LatestEvents = event.type
        this.seen = { ...this.seen, [type]: event }
      }
    }
  }
}
