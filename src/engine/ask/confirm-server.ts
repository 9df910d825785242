/** An address may lead each connection to another server: a load balancer, a Service, a name with several addresses. */
import { ReplError } from '../../errors.ts'
import { isOtherServer, type ServerInfo } from '../../protocol/info/server-info.ts'

/** @throws ReplError SEVERAL_SERVERS if two connections to one address reached two servers */
export function confirmServer(reached: ServerInfo, expected: ServerInfo | undefined): void {
  if (!expected || !isOtherServer(reached, expected)) return
  throw new ReplError('SEVERAL_SERVERS', { runId: expected.runId ?? '', otherRunId: reached.runId ?? '' })
}
