/** The layout of a help page. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { screenOf } from '../../../../src/render/base/screen.ts'
import { flagSections, type HelpFlag, longExplanation, pageText, shortExplanation } from '../../../../src/render/help/page.ts'

const LONG = 'a sentence of many short words that does not fit beside its term on a narrow terminal'
const FLAGS: readonly HelpFlag[] = [
  { name: 'json', type: 'boolean', helpGroup: 'OUTPUT', description: LONG },
  { name: 'output', char: 'o', type: 'option', helpValue: 'FILE', description: 'long', summary: 'short', default: '5s' },
  { name: 'retry', type: 'boolean', allowNo: true, description: 'x', default: true },
  {
    name: 'format',
    type: 'option',
    options: ['text', 'json', 'prometheus', 'nagios'],
    description: 'y',
    default: '-',
    noCacheDefault: true,
  },
]
const screen = (columns: number) => screenOf({ isTTY: true, columns }, 'never')
const section = flagSections(FLAGS, shortExplanation)

test('flags stand in their groups, those without a group first, with their values and defaults', () => {
  assert.deepEqual(section, [
    {
      title: 'FLAGS',
      rows: [
        ['--output, -o FILE', 'short (default: 5s)'],
        ['--[no-]retry', 'x'],
        ['--format text|json|prometheus|nagios', 'y'],
      ],
    },
    { title: 'OUTPUT', rows: [['--json', LONG]] },
  ])
  assert.equal(longExplanation(FLAGS[1] as HelpFlag, 'REDIS_REPL_OUTPUT'), 'long (default: 5s) [REDIS_REPL_OUTPUT]')
})

test('texts form a column, and a term that is too long has a line of its own', () => {
  const lines = pageText(screen(80), { summary: 'Summary', sections: section, more: [] }).split('\n')
  assert.deepEqual(lines.slice(2, 7), [
    'FLAGS',
    '  --output, -o FILE  short (default: 5s)',
    '  --[no-]retry       x',
    '  --format text|json|prometheus|nagios',
    '                     y',
  ])
})

test('no line is wider than the terminal', () => {
  for (const columns of [40, 60, 80, 120]) {
    const page = { summary: LONG, usage: 'redis-repl x', description: LONG, sections: section, more: [LONG] }
    for (const line of pageText(screen(columns), page).split('\n')) assert.ok(line.length <= columns, `${columns}: ${line}`)
  }
})

test('the command line of an example stays in one line, so that it can be pasted', () => {
  const command = `redis-repl tail ${'x'.repeat(100)} --json`
  const text = pageText(screen(40), { summary: 's', examples: [{ description: 'why', command }], sections: [], more: [] })
  assert.ok(text.includes(`EXAMPLES\n  # why\n  ${command}\n`))
})
