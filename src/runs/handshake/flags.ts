/** The flags of `handshake`. */
import { Flags } from '@oclif/core'
import { clusterFlags } from '../flags.ts'

export const handshakeFlags = {
  ...clusterFlags,
  'no-psync': Flags.boolean({ description: 'stop behind REPLCONF', exclusive: ['allow-fork'] }),
  'allow-fork': Flags.boolean({
    description:
      'where only a full resync is possible, start one and leave before its RDB: the master forks, and a master without a backlog gets one and a new replid',
  }),
}
