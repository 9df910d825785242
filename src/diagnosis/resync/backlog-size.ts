/** The backlog that is advised. Every command for repl-backlog-size comes from here, so that all commands give the same advice. */
import { atLeast, type ServerIdentity } from '../../protocol/info/identity.ts'
import { type Remedy, settingRemedy } from '../remedy.ts'

const MEGABYTE = 1024 * 1024
/** Factor on the needed size: the next hour may be busier. */
const HEADROOM = 1.5

/**
 * A size that holds that many bytes, with headroom. It is never less than the present size or the server's default.
 * @param server where to set it
 */
export function largerBacklog(server: string, identity: ServerIdentity | undefined, neededBytes: number, presentBytes = 0): Remedy {
  const least = Math.max(defaultMegabytes(identity), Math.ceil(presentBytes / MEGABYTE))
  const megabytes = Math.max(least, Math.ceil((neededBytes * HEADROOM) / MEGABYTE))
  const memory = `It takes up to ${megabytes}mb of memory there.`
  return settingRemedy(server, [`CONFIG SET repl-backlog-size ${megabytes}mb`], `${memory}${emptiedText(identity)}`)
}

/** 1mb, and 10mb since Valkey 8.0 (config.c, repl-backlog-size). */
function defaultMegabytes(identity: ServerIdentity | undefined): number {
  return identity?.flavour === 'valkey' && atLeast(identity.version, 8) ? 10 : 1
}

/** Up to 6.2 a resize allocates a new, empty buffer (replication.c, resizeReplicationBacklog). */
function emptiedText(identity: ServerIdentity | undefined): string {
  if (identity?.flavour !== 'redis' || identity.version === '' || atLeast(identity.version, 7)) return ''
  return ` On redis ${identity.version} a new size empties the backlog, so set it while all replicas are connected.`
}
