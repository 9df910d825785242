/** The server that the user means, and how we present ourselves to it. cli/connection.ts builds this from the command line. */
import type { Access } from '../engine/ask/access.ts'
import type { Source } from '../engine/ask/source.ts'
import type { LinkOptions } from '../engine/goal.ts'
import type { AddressMap } from '../topology/address-map.ts'

export interface Connection {
  readonly source: Source
  /** Applies --prefer to a source. */
  readonly preferring: (source: Source) => Source
  /** How to reach any server of the deployment. Its endpoint is the named server, or a default one when Sentinels are named. */
  readonly template: Access
  readonly addresses: AddressMap
  /** The database in the path of the target. Only `tail` selects by it: replication is of all databases. */
  readonly db?: number
  /** What every replication link announces, and the command names it uses. */
  readonly linkOptions: LinkOptions
}
