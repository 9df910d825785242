/** Whether a resync loop that was seen while one replica was asked about is another replica's. */
import type { ResyncLoop } from '../resync/loop.ts'
import type { Subject } from './answer.ts'

/** Only if that is certain: this replica has a link, and another address than those of the loop. */
export function isOthersLoop({ replicas }: ResyncLoop, subject: Subject): boolean {
  if (subject.kind !== 'replica' || subject.downSeconds !== undefined || replicas.length === 0) return false
  return replicas.every((name) => isOtherAddress(name, subject.name))
}

/** A host name may mean the host of the other address. */
function isOtherAddress(one: string, other: string): boolean {
  const [host, port] = split(one)
  const [otherHost, otherPort] = split(other)
  return port !== otherPort || (host !== otherHost && [host, otherHost].every((name) => /^[\d.]+$|:/.test(name)))
}

function split(name: string): readonly [host: string, port: string] {
  const colon = name.lastIndexOf(':')
  return [name.slice(0, colon), name.slice(colon + 1)]
}
