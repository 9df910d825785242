/** Rows of reasons.ts: failures in the replication tree, its Sentinels or its cluster. */
import { ANSWERED } from './parts.ts'
import { rows } from './template.ts'

const MAP = 'Map it to an address that reaches that server from here: --map {endpoint}=HOST:PORT'
const SOON = 'Try again in a few seconds.'
const WRONG_ROUTE = 'a loopback address, a tunnel, or an address of another network'
const ONLY_ACKS = 'the only facts left are the ACKs in the list of the master'

/** Why lag cannot be measured against a master. */
export const LOSS = {
  by: 'trouble',
  of: {
    FAILED: '{failure:what}',
    SILENT: '{endpoint} has not answered for {silentMs:duration}: it is hung or stopped, or its packets are lost.',
    LOADING: '{endpoint} is LOADING its data{etaSeconds? ({etaSeconds} s left)}, and serves no replicas until it has loaded.',
    IS_REPLICA: '{endpoint} is a replica, and its master cannot be reached.',
    NO_OFFSET: 'INFO of {endpoint} shows no replication offset.',
  },
} as const

export const TREE_REASONS = rows({
  CIRCLE: {
    what: '{endpoint} replicates from one of its own replicas: the replication is a circle.',
    meaning: 'No server in the circle is a master, so it accepts no writes, and there is no lag to measure.',
    next: 'On the server that should be the master: REPLICAOF NO ONE',
  },
  SEVERAL_SERVERS: {
    what: '{endpoint} leads to several servers: one connection reached the server with run_id {runId}, the next one {otherRunId}.',
    meaning:
      'A proxy, a Kubernetes Service or a DNS name distributes the connections. INFO of one server says nothing about the other, so no PSYNC was sent.',
    next: "Use one server's own address. If only one of them should be a master, compare both: redis-cli INFO replication. After a failover both may be masters.",
  },
  NOT_ITS_MASTER: {
    what: 'The server at {endpoint} is not the master of {replica}: they have different histories, and the link of the replica is {link}.',
    meaning: `The replica has that address as its master, but from here it leads to another server: ${WRONG_ROUTE}.`,
    next: 'Use the address of the master as TARGET, or map this one to an address that works from here: --map {endpoint}=HOST:PORT',
  },
  NOT_THE_REPLICA: {
    what: 'The server at {endpoint} is not the replica that {master} lists at that address: its INFO shows another history or another master.',
    meaning: `From here the address leads to another server, so ${ONLY_ACKS}.`,
    next: MAP,
  },
  SHARED_ADDRESS: {
    what: '{master} lists several replicas at {endpoint}, so we cannot tell which of them answers there.',
    meaning: `They are behind one gateway, or they announce the same address, so ${ONLY_ACKS}.`,
    next: 'On each replica: CONFIG SET replica-announce-ip <ip> and CONFIG SET replica-announce-port <port>, and CONFIG REWRITE to keep them.',
  },
  MASTER_LOST: {
    what: 'Lag cannot be measured against the master {endpoint}: {loss}',
    meaning: 'The lag of a replica is measured against the offset of its master. The output above shows what its replicas report.',
    next: {
      by: 'answered',
      of: {
        BEFORE:
          'It answered before. Check the log of the master for this time, and run the same command again. To wait for a restart: --wait 30s',
      },
      absent: 'Check whether the master is up. If its announced address belongs to another network: --map ANNOUNCED=REACHABLE',
    },
    parts: { loss: LOSS },
  },
  SENTINELS: {
    what: 'None of the Sentinels answered: {failures:each}.',
    meaning: 'Without a Sentinel we do not know the address of the master.',
    next: 'Check the addresses, and whether the Sentinels use TLS (--sentinel-tls, --no-sentinel-tls). Or use the address of the master as TARGET.',
  },
  SENTINEL_NOAUTH: {
    what: ANSWERED,
    meaning: 'This Sentinel requires a password of its own. We never send it the password of the servers.',
    next: 'Give its password: --sentinel-pass-file FILE. For an ACL user, add --sentinel-user NAME.',
  },
  SENTINEL_WRONGPASS: {
    what: ANSWERED,
    meaning: 'The user name or the password for the Sentinels is wrong, or the user is disabled.',
    next: 'Check --sentinel-user and --sentinel-pass-file. On the Sentinel: redis-cli -p 26379 ACL LIST, and its requirepass.',
  },
  SENTINEL_NOPERM: {
    what: ANSWERED,
    meaning: 'The Sentinel user exists but may not run this command.',
    next: 'On the Sentinel: ACL SETUSER <user> +sentinel|get-master-addr-by-name +sentinel|master',
  },
  NO_SENTINEL: {
    what: ANSWERED,
    meaning: 'This is not a Sentinel: an ordinary server or a proxy answers there.',
    next: 'Check the port: Sentinels usually listen on 26379. To use this server itself, give it as TARGET without --sentinel and --master-name.',
  },
  LATE: {
    what: '{endpoint} did not answer in time.',
    meaning: 'Most of the other Sentinels had named the same master by then.',
    next: 'Check whether it is hung: redis-cli -p 26379 PING',
  },
  SENTINEL_NAME: {
    what: 'No Sentinel knows a master named "{masterName}".',
    meaning: 'The name is the one in "sentinel monitor <name> …" of sentinel.conf. It is not a host name.',
    next: 'To list the names: redis-cli -p 26379 SENTINEL MASTERS',
  },
  SENTINEL_UNRESOLVED: {
    what: 'The Sentinel {endpoint} has not resolved the name of its master {masterName:quoted}: it answered without an address.',
    meaning: 'It resolves host names itself (sentinel resolve-hostnames yes). Its DNS server does not answer or does not know the name.',
    next: 'Check the host name in "sentinel monitor" and the DNS of that machine, then try again. A running tail waits and resumes by itself.',
  },
  SENTINEL_ADDRESS: {
    what: 'The Sentinel {endpoint} gave an impossible address for its master {masterName:quoted}: {address:quoted}.',
    meaning: 'A port must be a number from 1 to 65535, so we cannot connect.',
    next: 'Check on that Sentinel: redis-cli -p 26379 SENTINEL MASTERS. Also check that a real Sentinel listens there.',
  },
  SENTINEL_UNSURE: {
    what: ANSWERED,
    meaning: 'This Sentinel has just started. It knows that name but has not checked the server itself yet.',
    next: `${SOON} Or list another Sentinel too: redis-sentinel://HOST1,HOST2/NAME`,
  },
  SEVERAL_MASTERS: {
    what: 'The Sentinels disagree about the master {masterName:quoted}: they name {masters:list}, and each of these servers is a master.',
    meaning:
      'A failover is in progress, or the network is split. All but one of these servers accept writes that will be lost, and no majority of the Sentinels shows which.',
    next: `${SOON} If they still disagree, on each Sentinel: SENTINEL CKQUORUM <name>. On each of these servers: INFO replication`,
  },
  NO_ADDRESS: {
    what: 'The announced address {endpoint} has no host or no valid port.',
    meaning: 'Another server, a Sentinel or a cluster node announced it. It does not know the current address of that server.',
    next: 'Try again later. To see the announced addresses: INFO replication, SENTINEL MASTERS, CLUSTER NODES. To replace one: --map ANNOUNCED=REACHABLE',
  },
  NOT_ANNOUNCED: {
    what: 'The server at {endpoint} is not the one that {who} announced at that address: {found}.',
    meaning: `From here the address leads to another server: ${WRONG_ROUTE}. {or}`,
    next: MAP,
    parts: {
      who: { by: 'by', of: { SENTINEL: 'the Sentinel', CLUSTER: 'the cluster' } },
      found: {
        by: 'foundId',
        of: { '': 'it is not a cluster node, and the cluster announced node {expectedId}' },
        else: 'its ID is {foundId}, not {expectedId}',
      },
      or: {
        by: 'by',
        of: { SENTINEL: 'Or it has just restarted: try again in 10 s.', CLUSTER: 'Or the node has just been replaced.' },
      },
    },
  },
  NOT_MASTER: {
    what: '{endpoint} was announced as the master, but its role is {itself}.',
    meaning: 'A failover is in progress, or the Sentinels or the cluster have not noticed yet that one has ended.',
    next: `${SOON} To see whether they agree: SENTINEL CKQUORUM <name> on a Sentinel, CLUSTER INFO on a cluster node`,
    parts: { itself: { by: 'role', of: { slave: 'replica' }, else: '{role}' } },
  },
  NO_CLUSTER: {
    what: '{endpoint} is not a cluster node: "-{reply}"',
    meaning: 'It has no shards: all its data is on one master.',
    next: 'Run the same command without --cluster.',
  },
  CLUSTER_SLOTS: {
    what: 'The cluster of {endpoint} does not serve {missingSlots} of its 16384 slots.',
    meaning: 'A shard is down, or some slots were never assigned. All shards together do not hold all data.',
    next: 'To see which slots: redis-cli --cluster check HOST:PORT. Without --cluster, each master can be used as TARGET by itself.',
  },
  CLUSTER_MASTER: {
    what: '{endpoint} reports that the shard of slot {slot} has no master.',
    meaning: 'A failover is in progress.',
    next: SOON,
  },
  SHARD_GONE: {
    what: 'The shard of {endpoint} is no longer in the cluster.',
    meaning: 'Its slots were moved to other shards, or all its nodes are down.',
    next: 'To see which node serves which slots: redis-cli --cluster check HOST:PORT',
  },
  CLUSTER_MOVING: {
    what: 'Slots are being moved from one shard to another: {slots:slots}.',
    meaning:
      'Until a move has ended and the old keys are deleted, keys may be on both shards, or some on each. An RDB may then contain keys of another shard, or lack some of its own. {fate}',
    next: 'Run the same command again after the move. If a CLUSTER SETSLOT was left unfinished: redis-cli --cluster fix HOST:PORT',
  },
  CLUSTER_CHANGED: {
    what: 'The cluster of {endpoint} changed while its shards were dumped: slots were moved, or a master was replaced.',
    meaning: 'A key in a moved slot may be in two of the files, or in none. {fate}',
    next: 'Run the same command again when no slots are being moved. To check: redis-cli --cluster check HOST:PORT',
  },
  ONE_SHARD: {
    what: '{endpoint} is a cluster node{served}.',
    meaning: 'Its RDB contains one shard, not all data of the cluster. Nothing was kept.',
    next: 'To dump all shards: --cluster -o FOLDER. To dump only this shard: --shard',
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
    what: 'The key {key:quoted} exists and does not contain a marker. It was not changed.',
    meaning: 'A marker would have replaced its value.',
    next: 'Choose a key that is not in use: --marker-key KEY',
  },
  MARKER_IN_CLUSTER: {
    what: '{endpoint} is a cluster node, where PUBLISH markers do not measure lag.',
    meaning: 'A cluster sends PUBLISH over the cluster bus to all nodes, not only through the replication stream.',
    next: 'To use a key of this node as the marker: --marker-key KEY. To measure without writing: --attach',
  },
})
