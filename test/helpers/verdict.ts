/** The verdict of a JSON report. */

export interface Reported {
  readonly kind: string
  readonly basis?: string
  /** The first line of the text output and its reasons, in one line. */
  readonly words: string
}

export function verdictOf(report: object): Reported {
  const { verdict } = report as { verdict: { kind: string; basis?: string; text: string; reasons?: readonly string[] } }
  const { kind, basis, text, reasons = [] } = verdict
  return { kind, ...(basis !== undefined && { basis }), words: [text, ...reasons].join(' ') }
}
