/** CLIENT LIST as servers print it: one client per line, `name=value` pairs separated by spaces. */

export function clientEntries(text: string): ReadonlyMap<string, string>[] {
  const lines = text.split('\n').filter((line) => line.includes('='))
  return lines.map((line) => {
    const pairs = line.trimEnd().split(' ')
    return new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]))
  })
}
