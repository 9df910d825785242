/** The flags of `handshake`. */
import { Flags } from '@oclif/core'
import { clusterFlags } from '../flags.ts'

export const handshakeFlags = {
  'no-psync': Flags.boolean({ description: 'stop after REPLCONF, before PSYNC', exclusive: ['allow-fork'] }),
  'allow-fork': Flags.boolean({
    summary: 'if only a full resync is possible, start one and disconnect',
    description:
      'if only a full resync is possible, start one and disconnect before the RDB; the master forks, and one without a backlog gets a new replid',
  }),
  ...clusterFlags,
}
