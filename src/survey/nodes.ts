/** The servers of a tree as last observed, and their places in it. */

import type { Observation, TreeNode } from '../diagnosis/lag/lag.ts'
import type { ReplError } from '../errors.ts'
import { addressName } from '../topology/address-map.ts'
import type { Probe } from './probe.ts'

/** The topmost server first, and each replica after its master. */
export type Tree = readonly [TreeNode, ...TreeNode[]]

export interface ProbedServer {
  readonly name: string
  readonly probe: Probe
}

/** A server that is known by its name only. */
export function failedNode(name: string, failure: ReplError): TreeNode {
  return { name, depth: 0, silentMs: 0, isTool: false, failure }
}

export function nodeOf(name: string, { seen, failure, silentMs }: Probe): TreeNode {
  return { name, depth: 0, silentMs, isTool: false, ...(seen && { seen }), ...(failure && { failure }) }
}

/** Places a node below the master that its INFO names, or else below the topmost server. */
export function placed(node: TreeNode, tree: Tree): TreeNode {
  const upstream = namedMaster(node, tree) ?? tree[0]
  return { ...node, upstream, depth: upstream.depth + 1 }
}

/** The master that a node's INFO names, if it is part of the tree. */
function namedMaster({ seen }: TreeNode, tree: Tree): TreeNode | undefined {
  const link = seen?.server.masterLink
  return tree.find(({ name }) => link && name === addressName(link))
}

/** Whether the master that a node names lists it neither by name nor in a row without one. ROLE lists some replicas only. */
export function isUnlisted(node: TreeNode, tree: Tree): boolean {
  const master = namedMaster(node, tree)
  if (!master?.seen || master.seen.isByRole || master.failure) return false
  return !tree.some(({ upstream, listed, failure, isTool }) => upstream === master && listed && failure && !isTool)
}

export function treeHas(tree: readonly TreeNode[], seen: Observation | undefined): boolean {
  return seen !== undefined && tree.some((one) => one.seen?.id === seen.id)
}
