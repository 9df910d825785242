/** Which server the user means, and what it is told of us: made from the command line by cli/connection.ts. */
import type { Access } from '../engine/ask/access.ts'
import type { Source } from '../engine/ask/source.ts'
import type { LinkOptions } from '../engine/goal.ts'
import type { AddressMap } from '../topology/address-map.ts'

export interface Connection {
  readonly source: Source
  /** Applies --prefer to a source. */
  readonly preferring: (source: Source) => Source
  /** How any server of the deployment is reached; its endpoint is the one that was named, if one was. */
  readonly template: Access
  readonly addresses: AddressMap
  /** What every replication link is told. */
  readonly linkOptions: LinkOptions
}
