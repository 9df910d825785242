/** Rows of reasons.ts: failures in the replication tree, its Sentinels or its cluster. */
import { ANSWERED } from './parts.ts'
import { rows } from './template.ts'

/** Why lag cannot be measured against a master. */
export const LOSS = {
  by: 'trouble',
  of: {
    FAILED: '{failure:what}',
    SILENT: '{endpoint} has owed an answer for {silentMs:duration}.',
    LOADING: '{endpoint} is LOADING its data{etaSeconds? ({etaSeconds} s to go)}, and serves no replica until it has loaded.',
    IS_REPLICA: '{endpoint} is a replica, and its master cannot be had.',
    NO_OFFSET: 'INFO of {endpoint} shows no replication offset.',
  },
} as const

export const TREE_REASONS = rows({
  CIRCLE: {
    what: '{endpoint} is a replica of itself, by way of its own replicas: the replication goes round in a circle.',
    meaning: 'No server in it is a master, so nothing new is ever written, and nothing can be measured.',
    next: 'On the server that should be the master: REPLICAOF NO ONE.',
  },
  SEVERAL_SERVERS: {
    what: '{endpoint} leads to several servers: one connection reached the server with run_id {runId}, the next one {otherRunId}.',
    meaning:
      'A proxy, a Service or a DNS name spreads the connections. What one of these servers says is not true of the other, so no PSYNC was sent.',
    next: 'Name one server by its own address. If only one of them should be a master, both may be since a failover: compare INFO replication of each.',
  },
  NOT_ITS_MASTER: {
    what: 'The server at {endpoint} is not the master of {replica}: they have different histories, and the link of the replica is {link}.',
    meaning:
      'The replica names that address, but from here it leads to another server: a loopback address, a tunnel, or an address of another network.',
    next: 'Name the master itself, or the way to it from here: --map {endpoint}=HOST:PORT',
  },
  NOT_THE_REPLICA: {
    what: 'The server at {endpoint} is not the replica that {master} lists at that address: its INFO shows another history or another master.',
    meaning: 'The address leads to another server from here, so only the ACKs that the master lists tell about the replica.',
    next: 'Name the way to it from here: --map {endpoint}=HOST:PORT',
  },
  SHARED_ADDRESS: {
    what: '{master} lists several servers at {endpoint}, so what answers there cannot be told apart.',
    meaning: 'They are behind a gateway, or announce the same address. Only the ACKs that the master lists tell about each of them.',
    next: 'Give each replica an address of its own (replica-announce-ip, replica-announce-port).',
  },
  MASTER_LOST: {
    what: '{endpoint} is the master of this replication and cannot be asked: {loss}',
    meaning: 'Without its offset nobody can say how far a replica is behind; what its replicas say is above.',
    next: {
      by: 'answered',
      of: { BEFORE: 'It answered there a moment ago. Find out why it stopped, then run this again; --wait 30s waits for a restart.' },
      absent: 'If it announces an address of another network, --map ANNOUNCED=REACHABLE leads there; else see why it is down.',
    },
    parts: { loss: LOSS },
  },
  SENTINELS: {
    what: 'None of the Sentinels can be asked: {failures:each}.',
    meaning: 'Nobody else knows where the master is.',
    next: 'Check their addresses, and whether they speak TLS (--sentinel-tls, --no-sentinel-tls). The master can be named directly too.',
  },
  SENTINEL_NOAUTH: {
    what: ANSWERED,
    meaning: 'This Sentinel wants a password of its own, and is never shown that of the servers.',
    next: 'Give one by --sentinel-pass-file FILE, with --sentinel-user NAME where it has users.',
  },
  SENTINEL_WRONGPASS: {
    what: ANSWERED,
    meaning: 'The user name or the password for the Sentinels is wrong, or the user is switched off.',
    next: 'Compare --sentinel-user and --sentinel-pass-file with ACL LIST, or requirepass, on the Sentinel.',
  },
  SENTINEL_NOPERM: {
    what: ANSWERED,
    meaning: 'The user of the Sentinels exists but lacks the right to this command.',
    next: 'On the Sentinel: ACL SETUSER <user> +sentinel|get-master-addr-by-name +sentinel|master',
  },
  NO_SENTINEL: {
    what: ANSWERED,
    meaning: 'This is no Sentinel: an ordinary server, or something between, answers there.',
    next: 'Sentinels listen on 26379 as a rule; the server itself is named as TARGET, without --sentinel and --master-name.',
  },
  LATE: {
    what: '{endpoint} did not answer in time.',
    meaning: 'Most of the Sentinels had named the same master before.',
    next: 'See whether it hangs: redis-cli -p 26379 PING',
  },
  SENTINEL_NAME: {
    what: 'No Sentinel knows a master named "{masterName}".',
    meaning: 'Each deployment has its name in sentinel monitor NAME …; it is not a host name.',
    next: 'redis-cli -p 26379 SENTINEL MASTERS lists the names.',
  },
  SENTINEL_UNRESOLVED: {
    what: 'The Sentinel {endpoint} has not resolved the name of its master {masterName:quoted}: it answered without an address.',
    meaning:
      'It resolves names itself (sentinel resolve-hostnames yes), and the DNS that it asks does not answer or does not know the name.',
    next: 'Check the name in sentinel monitor, and the DNS of that machine, then try again. A tail that runs waits and resumes by itself.',
  },
  SENTINEL_ADDRESS: {
    what: 'The Sentinel {endpoint} names an impossible address for its master {masterName:quoted}: {address:quoted}.',
    meaning: 'A port is a number from 1 to 65535, so nothing can be reached there.',
    next: 'See what SENTINEL MASTERS prints on that Sentinel, and whether it is a Sentinel or something that poses as one.',
  },
  SENTINEL_UNSURE: {
    what: ANSWERED,
    meaning: 'This Sentinel watches that name, and has not asked the server itself yet: it has just started.',
    next: 'Ask again in a moment, or name another Sentinel too.',
  },
  SEVERAL_MASTERS: {
    what: 'The Sentinels do not agree which server is the master {masterName:quoted}: they name {masters:list}, and each of these says that it is a master.',
    meaning:
      'A failover goes on, or the network is split. One of the two takes writes that will be lost, and no majority of the Sentinels says which.',
    next: 'Ask again in a moment. If it stays so: SENTINEL CKQUORUM <name> on each Sentinel, and INFO replication on both servers.',
  },
  NO_ADDRESS: {
    what: 'The address {endpoint} has no host, or no possible port.',
    meaning: 'It was announced by another server, a Sentinel or a cluster, which does not know where that server is now.',
    next: 'Try again later. INFO replication, SENTINEL MASTERS and CLUSTER NODES show what is announced; --map replaces an address.',
  },
  NOT_ANNOUNCED: {
    what: 'The server at {endpoint} is not the one that {who} at that address: {found}.',
    meaning: 'From here the address leads to another server: a loopback address, a tunnel, or an address of another network. {or}',
    next: 'Name the way to it from here: --map {endpoint}=HOST:PORT',
    parts: {
      who: { by: 'by', of: { SENTINEL: 'the Sentinel watches', CLUSTER: 'the cluster has' } },
      found: {
        by: 'foundId',
        of: { '': 'it is no node of a cluster, and node {expectedId} is announced there' },
        else: 'its ID is {foundId}, not {expectedId}',
      },
      or: {
        by: 'by',
        of: { SENTINEL: 'Or it was restarted a moment ago: try again in 10 s.', CLUSTER: 'Or the node was replaced a moment ago.' },
      },
    },
  },
  NOT_MASTER: {
    what: '{endpoint} is named as the master, and says that it is a {itself}.',
    meaning: 'A failover goes on, or whoever names it (the Sentinels, the cluster) has not noticed the end of one.',
    next: 'Ask again in a moment; SENTINEL CKQUORUM <name> and CLUSTER INFO tell whether they agree.',
    parts: { itself: { by: 'role', of: { slave: 'replica' }, else: '{role}' } },
  },
  NO_CLUSTER: {
    what: '{endpoint} is no node of a cluster: "-{reply}"',
    meaning: 'There are no shards to be found.',
    next: 'Leave --cluster out.',
  },
  CLUSTER_SLOTS: {
    what: 'The cluster of {endpoint} does not serve {missingSlots} of its 16384 slots.',
    meaning: 'A shard is down, or slots were never assigned: what all shards together have is not the whole.',
    next: 'redis-cli --cluster check HOST:PORT shows which; each master can be taken by itself without --cluster.',
  },
  CLUSTER_MASTER: {
    what: 'The shard of slot {slot} has no master now, as {endpoint} sees it.',
    meaning: 'A failover goes on.',
    next: 'Ask again in a moment.',
  },
  SHARD_GONE: {
    what: 'The shard of {endpoint} is no longer in the map of the cluster.',
    meaning: 'Its slots were moved to other shards, or all its nodes are down.',
    next: 'redis-cli --cluster check HOST:PORT shows who serves what.',
  },
  CLUSTER_MOVING: {
    what: 'Slots are on their way from one shard to another: {slots:slots}.',
    meaning:
      'Until a move has ended and the old keys are deleted, keys may be on both shards, or some on each. So an RDB may hold keys of another shard, or lack its own. {fate}',
    next: 'Run it again when that is done; redis-cli --cluster fix HOST:PORT ends a CLUSTER SETSLOT that was left half done.',
  },
  CLUSTER_CHANGED: {
    what: 'The cluster of {endpoint} changed while its shards were dumped: slots were moved, or a master was replaced.',
    meaning: 'A key of a slot that moved may be in two of the files, or in none. {fate}',
    next: 'Run it again when no slot is moved: redis-cli --cluster check HOST:PORT',
  },
  ONE_SHARD: {
    what: '{endpoint} is a node of a cluster{served}.',
    meaning: 'Its RDB holds one shard, not the data of the cluster. Nothing was kept.',
    next: 'To dump every shard: --cluster -o FOLDER. To dump this shard alone on purpose: --shard.',
    parts: {
      served: {
        by: 'slots',
        of: { '': ', and serves none of the 16384 slots' },
        else: ': it serves slots {slots:slots} of 16384, one shard of {shards}',
        absent: ', and does not say which slots it serves',
      },
    },
  },
  MARKER_KEY_TAKEN: {
    what: 'The key {key:quoted} holds something that is no marker, and was left as it is.',
    meaning: 'A marker would have replaced it.',
    next: 'Name a key that is not in use with --marker-key.',
  },
  MARKER_IN_CLUSTER: {
    what: '{endpoint} is a node of a cluster.',
    meaning: 'There PUBLISH goes to all nodes by the cluster bus, beside the replication stream, so it says nothing about a lag.',
    next: '--marker-key KEY writes a key of this node instead; --attach writes nothing.',
  },
})
