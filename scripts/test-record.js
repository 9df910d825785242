/**
 * A reporter for node:test that stands beside `spec`: it writes one JSON line for each test and one for each total,
 * for scripts/test.ts to sum up. Plain JavaScript, because Node 20 loads reporters without tsx.
 * @param {AsyncIterable<{ type: string, data: any }>} events
 */
export default async function* record(events) {
  /** The names of the suites around the test that is reported, outermost first. */
  const path = []
  for await (const { type, data } of events) {
    if (type === 'test:start') path.splice(data.nesting, path.length, data.name)
    const isTest = (type === 'test:pass' || type === 'test:fail') && data.details.type !== 'suite'
    // A file that fails or never ends is reported as a test with the name of the file.
    if (isTest && !data.file?.endsWith(data.name)) yield line({ file: data.file, name: path.join(' › '), ms: data.details.duration_ms })
    const [, name, count] = (type === 'test:diagnostic' && data.nesting === 0 && /^(\w+) (\d+)$/.exec(data.message)) || []
    if (name) yield line({ total: name, count: Number(count) })
  }
}

function line(value) {
  return `${JSON.stringify(value)}\n`
}
