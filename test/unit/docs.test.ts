/** The pages: their links lead somewhere, the options they name exist, and the package holds what they and --help point to. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, it } from 'node:test'
import { pages, ROOT } from '../helpers/docs/lines.ts'
import { hasShape } from '../helpers/docs/shape.ts'

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

describe('the links of', () => {
  for (const page of pages()) {
    it(`${page} lead to a file, and to a heading where they name one`, () => {
      const text = read(page).replace(/^ *```[\s\S]*?^ *```/gm, '')
      for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target)) continue
        const [path = '', anchor] = target.split('#')
        const file = path === '' ? page : normalize(join(dirname(page), path))
        assert.ok(existsSync(join(ROOT, file)), `${target}: no such file`)
        if (anchor) assert.ok(anchorsOf(file).has(anchor), `${target}: no such heading`)
      }
    })
  }
})

/** The anchors of a page's headings, by GitHub's rules. */
function anchorsOf(page: string): Set<string> {
  const headings = read(page)
    .replace(/^ *```[\s\S]*?^ *```/gm, '')
    .matchAll(/^#+ (.*)$/gm)
  const anchor = (heading: string) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/ /g, '-')
  return new Set([...headings].map(([, heading = '']) => anchor(heading)))
}

describe('the options that the pages name', () => {
  const { commands } = JSON.parse(read('oclif.manifest.json')) as { commands: Record<string, { flags: object }> }
  const flags = new Set([...Object.values(commands).flatMap((command) => Object.keys(command.flags)), 'help', 'version', 'all'])

  for (const page of pages().filter((name) => name !== 'CHANGELOG.md')) {
    it(`in \`redis-repl …\` of the text of ${page} exist`, () => {
      for (const [, command = ''] of read(page).matchAll(/`(redis-repl [^`\n]+)`/g)) {
        for (const [, flag = ''] of command.matchAll(/--(?:no-)?([a-z][a-z0-9-]+)/g)) assert.ok(flags.has(flag), `${command}: --${flag}`)
      }
    })
  }
})

describe('the shape of an output', () => {
  it('is the same with other numbers, IDs, dates, units and line ends', () => {
    const page = ['OK: 2 replicas,', '  0.001 s behind since 2026-11-30T16:42:52.000Z of 4633cdbd96477776b6a50e8f1782fb43a3f4dadf']
    assert.ok(hasShape('OK: 3 replicas, 12 ms behind\nsince 2027-01-02T03:04:05.678Z of c168dce54f9266e7f8a15b598bcebad9d6f4b721', page))
  })
  it('differs by a word, a line and the place of a number', () => {
    const page = ['OK: 2 replicas', 'no fork']
    for (const output of ['PARTIAL: 2 replicas\nno fork', 'OK: 2 replicas', 'OK: replicas 2\nno fork', 'OK: 2 replicas\nno fork\nmore']) {
      assert.ok(!hasShape(output, page), output)
    }
  })
  it('has any lines where the page has a line …', () => {
    assert.ok(hasShape('first\nsecond\nthird', ['first', '…', 'third']))
    assert.ok(!hasShape('first\nsecond\nlast', ['first', '…', 'third']))
  })
})

describe('the package', () => {
  it('holds the pages and the schemas that messages point to', () => {
    const { files } = JSON.parse(read('package.json')) as { files: string[] }
    for (const needed of ['docs', 'dist', 'oclif.manifest.json']) assert.ok(files.includes(needed), needed)
  })
})
