/** The documentation: its command lines do what the pages say, on real servers. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { DocsLab } from '../helpers/docs/lab.ts'
import { type DocsLine, linesByDeployment } from '../helpers/docs/lines.ts'
import { runLine } from '../helpers/docs/run-line.ts'
import { hasShape, shapeOf } from '../helpers/docs/shape.ts'

/** Most lines wait most of their time, so the lines of a deployment that many pages use run on several such deployments. */
const MOST_LINES = 16

function parts(): (readonly [name: string, lines: readonly DocsLine[]])[] {
  return [...linesByDeployment()].flatMap(([name, lines]) => {
    const starts = lines.map((_, index) => index).filter((index) => index % MOST_LINES === 0)
    return starts.map((start) => [name, lines.slice(start, start + MOST_LINES)] as const)
  })
}

describe('the documentation', { concurrency: 3 }, () => {
  for (const [deployment, lines] of parts()) {
    describe(`on the servers of ${deployment}, from ${lines[0]?.page}:${lines[0]?.at}`, { concurrency: 1 }, () => {
      let lab: DocsLab
      before(async () => {
        lab = await DocsLab.start(deployment)
      })
      after(() => lab.stop())

      for (const { page, at, command, status, output } of lines) {
        it(`${page}:${at} works as it says: ${command}`, async () => {
          const ran = await runLine(lab, command)
          assert.equal(ran.status, status, ran.output)
          if (!output) return
          assert.ok(hasShape(ran.output, output), `on the page:\n${shapeOf(output.join('\n'))}\nnow:\n${shapeOf(ran.output)}`)
        })
      }
    })
  }
})
