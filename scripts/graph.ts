/**
 * Draws docs/architecture.svg from the imports of src/: a box for each layer with its folders, an arrow for each layer that it imports from.
 * With --check it only says whether the drawing is up to date.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { instance } from '@viz-js/viz'
import type { ICruiseResult } from 'dependency-cruiser'

const DRAWING = 'docs/architecture.svg'

interface Layer {
  readonly name: string
  /** Its sub-folders, each with how many files stand in it. */
  readonly folders: ReadonlyMap<string, number>
  /** How many imports lead to each other layer. */
  readonly imports: ReadonlyMap<string, number>
}

function layersOf(folder: string): Layer[] {
  // Its API does not work under tsx: the loader changes how it finds its parser.
  const output = execFileSync('npx', ['depcruise', folder, '--output-type', 'json'], { encoding: 'utf8', maxBuffer: 1 << 26 })
  const layers = new Map<string, { name: string; folders: Map<string, number>; imports: Map<string, number> }>()
  for (const { source, dependencies } of (JSON.parse(output) as ICruiseResult).modules) {
    const name = layerOf(source)
    if (name === undefined) continue
    const layer = layers.get(name) ?? { name, folders: new Map(), imports: new Map() }
    layers.set(name, layer)
    count(layer.folders, source.split('/').slice(2, -1)[0] ?? '')
    for (const { resolved } of dependencies) {
      const other = layerOf(resolved)
      if (other !== undefined && other !== name) count(layer.imports, other)
    }
  }
  return [...layers.values()].sort((one, other) => one.name.localeCompare(other.name))
}

/** errors.ts and errors/, which all layers import, are not drawn. */
function layerOf(path: string): string | undefined {
  return /^src\/(?!errors\/)([^/]+)\//.exec(path)?.[1]
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function dotOf(layers: readonly Layer[]): string {
  const byName = new Map(layers.map((layer) => [layer.name, layer]))
  const boxes = layers.map((layer) => `  ${JSON.stringify(layer.name)} [label=${labelOf(layer)}]`)
  const arrows = layers.flatMap(({ name, imports }) =>
    [...imports.keys()].sort().map((other) => `  ${JSON.stringify(name)} -> ${JSON.stringify(other)} [${styleOf(name, other, byName)}]`),
  )
  return `digraph architecture {
  bgcolor=white; ranksep=0.5; nodesep=0.35
  node [shape=box style="rounded,filled" fillcolor="#eef3fa" color="#5b7aa8" fontname="Helvetica" fontsize=12 margin="0.16,0.09"]
${[...boxes, ...arrows].join('\n')}
}\n`
}

function labelOf({ name, folders }: Layer): string {
  const files = [...folders.values()].reduce((sum, each) => sum + each, 0)
  const named = [...folders.keys()].filter((folder) => folder !== '').sort()
  const lines = Array.from({ length: Math.ceil(named.length / 3) }, (_, row) => named.slice(row * 3, row * 3 + 3).join(' · '))
  const small = [...lines, `${files} files`].map((line) => `<br/><font point-size="9">${line}</font>`).join('')
  return `<<b>${name}/</b>${small}>`
}

/** An import that another layer leads to as well is drawn faintly: it says little about the order of the layers. */
function styleOf(from: string, to: string, layers: ReadonlyMap<string, Layer>): string {
  const others = [...(layers.get(from)?.imports.keys() ?? [])].filter((other) => other !== to)
  return others.some((other) => reaches(other, to, layers)) ? 'color="#d4dae3" arrowsize=0.5' : 'color="#3b5b8c" arrowsize=0.8 penwidth=1.4'
}

function reaches(from: string, to: string, layers: ReadonlyMap<string, Layer>): boolean {
  const imports = [...(layers.get(from)?.imports.keys() ?? [])]
  return imports.includes(to) || imports.some((other) => reaches(other, to, layers))
}

const svg = (await instance()).renderString(dotOf(layersOf('src')), { format: 'svg' })
if (!process.argv.includes('--check')) writeFileSync(DRAWING, svg)
else if (readFileSync(DRAWING, 'utf8') !== svg) {
  console.error(`${DRAWING} does not show the imports of src/ any more: run npm run graph`)
  process.exitCode = 1
}
