/** What a monitoring plugin reports when a measurement is impossible. */
import { explain } from '../../diagnosis/errors/explain.ts'
import type { ErrorCode, ReplError } from '../../errors.ts'
import { type NagiosOutput, nagiosFailure } from '../../render/lag/nagios.ts'

/** An unreachable server is CRITICAL (2). Any other failure says nothing about lag: UNKNOWN (3). */
const UNREACHABLE: readonly ErrorCode[] = ['MASTER_UNREACHABLE', 'TLS_FAILED', 'TIMEOUT']

export function nagiosOf(failure: ReplError): NagiosOutput {
  const status = UNREACHABLE.includes(failure.code) ? 2 : 3
  return { text: nagiosFailure(explain(failure), status), status }
}
