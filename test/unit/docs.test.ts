/** The pages: their links lead somewhere, the options they name exist, and the package holds what they and --help point to. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, it } from 'node:test'
import { pages, ROOT } from '../helpers/docs/lines.ts'
import { hasShape } from '../helpers/docs/shape.ts'

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

const withoutFences = (page: string) => read(page).replace(/^ *```[\s\S]*?^ *```/gm, '')

/** Path and heading of each relative link. */
function linksOf(page: string): [path: string, heading: string | undefined][] {
  const targets = [...withoutFences(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
  return targets.filter((target) => !/^[a-z]+:/.test(target)).map((target) => target.split('#') as [string, string | undefined])
}

function fileOf(page: string, path: string): string {
  return path === '' ? page : normalize(join(dirname(page), path))
}

describe('the links of', () => {
  for (const page of pages()) {
    it(`${page} lead to a file, and to a heading where they name one`, () => {
      for (const [path, heading] of linksOf(page)) {
        const file = fileOf(page, path)
        assert.ok(existsSync(join(ROOT, file)), `${path}: no such file`)
        if (heading) assert.ok(anchorsOf(file).has(heading), `${path}#${heading}: no such heading`)
      }
    })
  }
})

/** The anchors of a page's headings, by GitHub's rules. */
function anchorsOf(page: string): Set<string> {
  const headings = withoutFences(page).matchAll(/^#+ (.*)$/gm)
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
  it('holds the command, and every file of docs/ that a page links to', () => {
    const listed = execFileSync('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const [{ files }] = JSON.parse(String(listed)) as [{ files: { path: string }[] }]
    const packed = new Set(files.map(({ path }) => path))
    const linked = pages().flatMap((page) => linksOf(page).map(([path]) => fileOf(page, path)))
    const needed = linked.filter((file) => file.startsWith('docs/') && !file.endsWith('/'))
    assert.ok(needed.length > 20)
    for (const file of ['bin/run.js', 'oclif.manifest.json', ...needed]) assert.ok(packed.has(file), file)
  })
})
