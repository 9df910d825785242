/**
 * A node:test reporter that runs next to `spec`. It writes one JSON line per test and per total, which scripts/test.ts
 * summarizes. Plain JavaScript, because Node 20 loads reporters without tsx.
 * @param {AsyncIterable<{ type: string, data: any }>} events
 */
export default async function* record(events) {
  /** The names of the suites around the current test, outermost first, and its own. */
  const path = []
  for await (const { type, data } of events) {
    if (type === 'test:start') path.splice(data.nesting, path.length, data.name)
    const isTest = (type === 'test:pass' || type === 'test:fail') && data.details.type !== 'suite'
    // Node reports a file that fails or never ends as a test with the name of the file.
    if (isTest && !data.file?.endsWith(data.name)) yield line({ file: data.file, name: path.join(' › '), ms: data.details.duration_ms })
    const [, name, count] = (type === 'test:diagnostic' && data.nesting === 0 && /^(\w+) (\d+)$/.exec(data.message)) || []
    if (name) yield line({ total: name, count: Number(count) })
  }
}

function line(value) {
  return `${JSON.stringify(value)}\n`
}
