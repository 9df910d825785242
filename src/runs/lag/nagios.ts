/** What a monitoring plugin reports where nothing could be measured. */
import { explain } from '../../diagnosis/errors/explain.ts'
import type { ErrorCode, ReplError } from '../../errors.ts'
import { nagiosFailure } from '../../render/lag/nagios.ts'

/** A server that is not there is what such a check is for; a mistake of ours is none of the server's. */
const UNREACHABLE: readonly ErrorCode[] = ['MASTER_UNREACHABLE', 'TLS_FAILED', 'TIMEOUT']

export function nagiosOf(failure: ReplError): { readonly line: string; readonly status: number } {
  const status = UNREACHABLE.includes(failure.code) ? 2 : 3
  return { line: nagiosFailure(explain(failure).what, status), status }
}
