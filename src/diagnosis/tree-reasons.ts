/** The rows of reasons.ts that belong to the tree of a replication. */
import { type Row, say, where } from './words.ts'

export const TREE_REASONS: Record<string, Row> = {
  CIRCLE: [
    (d) => `${where(d)} is a replica of itself, by way of its own replicas: the replication goes round in a circle.`,
    'No server in it is a master, so nothing new is ever written, and nothing can be measured.',
    say('On the server that should be the master: REPLICAOF NO ONE.'),
  ],
  MASTER_LOST: [
    (d) => `${where(d)} is the master of this replication and cannot be asked${d.given ? `: ${d.given}` : '.'}`,
    'Without its offset nobody can say how far a replica is behind; what its replicas say is above.',
    say('If it announces an address of another network, --map ANNOUNCED=REACHABLE leads there; else see why it is down.'),
  ],
  MARKER_KEY_TAKEN: [
    (d) => `The key ${JSON.stringify(d.given)} holds something that is no marker, and was left as it is.`,
    'A marker would have replaced it.',
    say('Name a key that is not in use with --marker-key.'),
  ],
  MARKER_IN_CLUSTER: [
    (d) => `${where(d)} is a node of a cluster.`,
    'There PUBLISH goes to all nodes by the cluster bus, beside the replication stream, so it says nothing about a lag.',
    say('--marker-key KEY writes a key of this node instead; --attach writes nothing.'),
  ],
}
