/** `-h` is redis-cli's flag for the host. First, last or before another flag it has no value, so it means help. */
export function withHelpFlag(words: readonly string[]): string[] {
  const end = words.includes('--') ? words.indexOf('--') : words.length
  return words.map((word, index) => {
    const next = words[index + 1]
    const hasValue = index > 0 && next !== undefined && !next.startsWith('-')
    return word === '-h' && index < end && !hasValue ? '--help' : word
  })
}
