/**
 * The shape of an output: its words in their order, without numbers, IDs, dates and the way it is wrapped. What -v shows of questions to
 * the server is left out too: two connections ask at the same time, and CONFIG GET lists settings in no fixed order.
 */

const QUESTIONS = /^ASK\b.*\n(?:[ \t]+.*\n)*/gm

const ID = /\b[0-9a-f]{40}\b|\b(?:[0-9a-f]{8}|[0-9a-f]{12})…/g
const DATE = /\d{4}-\d\d-\d\dT[\d:.]+Z/g
const DURATION = /\d+ (?:d|h|min) \d+ (?:h|min|s)\b/g
/** With or without a unit, and with its bounds: `1,024 bytes`, `< 0.001`, `0.052 ± 0.011`, `3.1 s`. */
const NUMBER = /(?:[<>≤≥] )?\d[\d,.]*(?: ± [\d.]+)?(?: ?(?:bytes?|[kMGT]?B|ns|µs|ms|s|min|h|d)\b)?(?:\/s\b)?/g
/** How far replicas lag, and whether they catch up, depends on the load of the machine. */
const DISTANCE = /caught up|up to #(?: and #)? behind/g
const TREND = /\b(?:steady|in sync in #)|\+#/g
const BOXES = /[─━┌┐└┘├┤┬┴┼│╔╗╚╝═║]+/g
const BARS = /[▁▂▃▄▅▆▇█]+/g

export function shapeOf(output: string): string {
  return output
    .replace(QUESTIONS, '')
    .replace(ID, 'ID')
    .replace(DATE, 'DATE')
    .replace(BOXES, ' ')
    .replace(BARS, '')
    .replace(DURATION, '#')
    .replace(NUMBER, '#')
    .replace(DISTANCE, 'DISTANCE')
    .replace(TREND, 'TREND')
    .replace(/\s+/g, ' ')
    .trim()
}

/** Whether the output has the expected shape. A line `…` of the page stands for any lines. */
export function hasShape(output: string, expected: readonly string[]): boolean {
  const parts = expected.join('\n').split(/^…$/m).map(shapeOf)
  const pattern = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*')
  return new RegExp(`^${pattern}$`, 's').test(shapeOf(output))
}
