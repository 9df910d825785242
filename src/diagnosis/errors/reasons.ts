/** One row for each failure reason: what happened, what it means, what to do next. */
import type { Reason } from '../../errors.ts'
import { FOLLOW_REASONS } from './follow-reasons.ts'
import { LINK_REASONS } from './link-reasons.ts'
import { LOCAL_REASONS } from './local-reasons.ts'
import { SERVER_REASONS } from './server-reasons.ts'
import type { Row } from './template.ts'
import { TLS_REASONS } from './tls-reasons.ts'
import { TREE_REASONS } from './tree-reasons.ts'

/** A reason without a row does not compile. */
export const REASONS: Readonly<Record<Reason, Row>> = {
  ...LINK_REASONS,
  ...SERVER_REASONS,
  ...TREE_REASONS,
  ...FOLLOW_REASONS,
  ...TLS_REASONS,
  ...LOCAL_REASONS,
}
