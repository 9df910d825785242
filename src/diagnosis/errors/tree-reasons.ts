/** The rows of reasons.ts that belong to the tree of a replication. */
import { answered, type Row, say, where } from './words.ts'

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
  SENTINELS: [
    (d) => `None of the Sentinels can be asked: ${d.given}.`,
    'Nobody else knows where the master is.',
    say('Check their addresses, and whether they speak TLS (--sentinel-tls, --no-sentinel-tls). The master can be named directly too.'),
  ],
  SENTINEL_NOAUTH: [
    answered,
    'This Sentinel wants a password of its own, and is never shown that of the servers.',
    say('Give one by --sentinel-pass-file FILE, with --sentinel-user NAME where it has users.'),
  ],
  SENTINEL_WRONGPASS: [
    answered,
    'The user name or the password for the Sentinels is wrong, or the user is switched off.',
    say('Compare --sentinel-user and --sentinel-pass-file with ACL LIST, or requirepass, on the Sentinel.'),
  ],
  SENTINEL_NOPERM: [
    answered,
    'The user of the Sentinels exists but lacks the right to this command.',
    say('On the Sentinel: ACL SETUSER <user> +sentinel|get-master-addr-by-name +client|setname'),
  ],
  NO_SENTINEL: [
    answered,
    'This is no Sentinel: an ordinary server, or something between, answers there.',
    say('Sentinels listen on 26379 as a rule; the server itself is named as TARGET, without --sentinel and --master-name.'),
  ],
  LATE: [
    (d) => `${where(d)} did not answer in time.`,
    'Most of the Sentinels had named the same master before.',
    say('See whether it hangs: redis-cli -p 26379 PING'),
  ],
  SENTINEL_NAME: [
    (d) => `No Sentinel knows a master named "${d.given}".`,
    'Each deployment has its name in sentinel monitor NAME …; it is not a host name.',
    say('redis-cli -p 26379 SENTINEL MASTERS lists the names.'),
  ],
  NOT_MASTER: [
    (d) => `${where(d)} is named as the master, and says that it is a ${d.reply === 'slave' ? 'replica' : d.reply}.`,
    'A failover goes on, or whoever names it (the Sentinels, the cluster) has not noticed the end of one.',
    say('Ask again in a moment; SENTINEL CKQUORUM <name> and CLUSTER INFO tell whether they agree.'),
  ],
  NO_CLUSTER: [
    (d) => `${where(d)} is no node of a cluster: "-${d.reply}"`,
    'There are no shards to be found.',
    say('Leave --cluster out.'),
  ],
  CLUSTER_SLOTS: [
    (d) => `The cluster of ${where(d)} does not serve ${d.given} of its 16384 slots.`,
    'A shard is down, or slots were never assigned: what all shards together have is not the whole.',
    say('redis-cli --cluster check HOST:PORT shows which; each master can be taken by itself without --cluster.'),
  ],
  CLUSTER_MASTER: [
    (d) => `The shard of slot ${d.given} has no master now, as ${where(d)} sees it.`,
    'A failover goes on.',
    say('Ask again in a moment.'),
  ],
  SHARD_GONE: [
    (d) => `The shard of ${where(d)} is no longer in the map of the cluster.`,
    'Its slots were moved to other shards, or all its nodes are down.',
    say('redis-cli --cluster check HOST:PORT shows who serves what.'),
  ],
  CLUSTER_MOVING: [
    (d) => `Slots are on their way from one shard to another: ${d.given}.`,
    'Their keys are in both while they are moved, one by one, so the files together would not be the whole. Nothing was kept.',
    say('Run it again when that is done; redis-cli --cluster fix HOST:PORT ends a move that was left half done.'),
  ],
  CLUSTER_CHANGED: [
    (d) => `The cluster of ${where(d)} changed while its shards were dumped: slots were moved, or a master was replaced.`,
    'A key of a slot that moved may be in two of the files, or in none. What was received was removed.',
    say('Run it again when no slot is moved: redis-cli --cluster check HOST:PORT'),
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
