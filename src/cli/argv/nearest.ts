/** "Did you mean": the known name that is within two edits of a mistyped one. */

const MAX_EDITS = 2

/** @returns undefined if no name is near; less than half of the longer name may differ, or short names would all be alike */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  const ranked = [...known]
    .map((name) => ({ name, edits: editsBetween(word.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, edits }) => edits <= MAX_EDITS && edits * 2 < Math.max(word.length, name.length))
  return ranked.sort((a, b) => a.edits - b.edits || (a.name < b.name ? -1 : 1))[0]?.name
}

/** As the end of a sentence; empty if no name is near. */
export function didYouMean(word: string, known: Iterable<string>, prefix = ''): string {
  const name = nearest(word, known)
  return name === undefined ? '' : `; did you mean ${prefix}${name}?`
}

/** How many letters were mistyped, missed, added or swapped with their neighbour (optimal string alignment distance). */
function editsBetween(from: string, to: string): number {
  let [older, old]: [number[], number[]] = [[], [...Array(to.length + 1).keys()]]
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const cost = from[row - 1] === to[column - 1] ? 0 : 1
      const isSwapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      const [left = 0, above = 0, before = 0] = [current[column - 1], old[column], old[column - 1]]
      const swapped = isSwapped ? (older[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY
      current.push(Math.min(left + 1, above + 1, before + cost, swapped))
    }
    ;[older, old] = [old, current]
  }
  return old[to.length] ?? 0
}
