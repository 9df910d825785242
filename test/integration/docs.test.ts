/** The documentation: its command lines do what the pages say, on real servers. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { DocsLab } from '../helpers/docs/lab.ts'
import { linesByDeployment } from '../helpers/docs/lines.ts'
import { runLine } from '../helpers/docs/run-line.ts'
import { hasShape, shapeOf } from '../helpers/docs/shape.ts'

describe('the documentation', { concurrency: 2 }, () => {
  for (const [deployment, lines] of linesByDeployment()) {
    describe(`on the servers of ${deployment}`, { concurrency: 1 }, () => {
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
