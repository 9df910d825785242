/**
 * Writes docs/errors.md: each error with its sentences, as a user sees them. The facts in the examples are those of
 * test/helpers/reason-samples.ts. With --check it only verifies that the file is up to date.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { explain } from '../src/diagnosis/errors/explain.ts'
import { type Context, type ErrorCode, REASONS, type Reason } from '../src/errors.ts'
import { EXIT_STATUS_HELP, exitStatus } from '../src/exit-status.ts'
import { failureOf, SAMPLES } from '../test/helpers/reason-samples.ts'

const DOCUMENT = 'docs/errors.md'

const INTRODUCTION = `# Errors

Generated from \`src/errors/\` and \`src/diagnosis/errors/\` by \`npm run errors-doc\`. Do not edit.

An error has a code, which determines the exit status, and a reason. On stderr it has three parts: what happened (with the server's own
words), what that means here, and what to do next. With \`--json\` these are \`error.what\`, \`error.meaning\` and \`error.next\`;
\`error.code\`, \`error.details.reason\` and the facts in \`error.details\` are meant for scripts. The sentences may change between versions.

The examples below show each reason with typical facts. A \`?\` marks a fact that may be absent.
`

/** Facts that any error may have, in the words of the comments in src/errors/facts.ts. */
function contextTable(): string {
  const [, fields = ''] = /export interface Context \{\n(.*?)\n\}/s.exec(readFileSync('src/errors/facts.ts', 'utf8')) ?? []
  const rows = [...fields.matchAll(/\/\*\* (.*?) \*\/\s+readonly (\w+)/g)].map(([, comment, name]) => `| \`${name}\` | ${comment} |`)
  return ['## Facts of any error', '', 'Each of them may be absent.', '', '| fact | meaning |', '|---|---|', ...rows, ''].join('\n')
}

function codeTable(): string {
  const rows = codes().map((code) => `| [${code}](#${code.toLowerCase()}) | ${exitStatus(code)} | ${REASONS[code].join(', ')} |`)
  return ['| code | exit status | reasons |', '|---|---|---|', ...rows, ''].join('\n')
}

function codes(): ErrorCode[] {
  return Object.keys(REASONS) as ErrorCode[]
}

function codeSection(code: ErrorCode): string {
  const status = exitStatus(code)
  const [, meaning] = EXIT_STATUS_HELP.find(([listed]) => listed === String(status)) ?? []
  return [`## ${code}`, '', `Exit status ${status}: ${meaning}.`, '', ...REASONS[code].map(reasonSection)].join('\n')
}

function reasonSection(reason: Reason): string {
  const examples = new Set(SAMPLES[reason].map((facts) => exampleOf(reason, facts)))
  return [`### ${reason}`, '', ...[...examples].flatMap((example) => [example, '']), ...factsOf(reason)].join('\n')
}

function exampleOf(reason: Reason, facts: object): string {
  const { what, meaning, next } = explain(failureOf(reason, facts).with(typicalContext(reason)))
  return ['```text', what, `  ${meaning}`, `  → ${next}`, '```'].join('\n')
}

function typicalContext(reason: Reason): Context {
  const command = reason.includes('SENTINEL') ? 'SENTINEL MASTER mymaster' : 'PSYNC ? -1'
  return { endpoint: '192.0.2.1:6379', command, output: 'FILE' }
}

/** A fact that one of the samples lacks is optional. */
function factsOf(reason: Reason): string[] {
  const samples: readonly object[] = SAMPLES[reason]
  const names = new Set(samples.flatMap((facts) => Object.keys(facts)))
  if (names.size === 0) return []
  const marked = [...names].map((name) => `\`${name}\`${samples.every((facts) => name in facts) ? '' : '?'}`)
  return [`Facts: ${marked.join(', ')}`, '']
}

const text = [INTRODUCTION, codeTable(), contextTable(), ...codes().map(codeSection)].join('\n')
if (!process.argv.includes('--check')) writeFileSync(DOCUMENT, text)
else if (readFileSync(DOCUMENT, 'utf8') !== text) {
  console.error(`${DOCUMENT} is not up to date: run npm run errors-doc`)
  process.exitCode = 1
}
