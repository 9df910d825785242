/** Flags that several runs share. */
import { Flags } from '@oclif/core'

export const DISCOVERY = 'DISCOVERY'

export const maxRateFlag = Flags.string({
  helpValue: 'SIZE',
  description: 'receive the RDB no faster than this many bytes a second, as in 20mb; lifted when the master’s buffer for us would run over',
})

export const clusterFlag = Flags.boolean({
  helpGroup: DISCOVERY,
  description: 'do it with every shard of the cluster that TARGET is a node of',
})

export const clusterFlags = {
  cluster: clusterFlag,
  jobs: Flags.integer({
    helpGroup: DISCOVERY,
    min: 1,
    max: 1000,
    helpValue: 'N',
    description: 'with so many shards at a time; 4 if not given',
    dependsOn: ['cluster'],
  }),
}
