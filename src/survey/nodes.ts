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
  const link = node.seen?.server.masterLink
  const upstream = tree.find(({ name }) => link && name === addressName(link)) ?? tree[0]
  return { ...node, upstream, depth: upstream.depth + 1 }
}

export function treeHas(tree: readonly TreeNode[], seen: Observation | undefined): boolean {
  return seen !== undefined && tree.some((one) => one.seen?.id === seen.id)
}
