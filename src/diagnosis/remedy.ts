/** What an advice asks an operator to do: on which server, with which commands, how the change is kept, and what it costs. */

export interface Remedy {
  /** The server that the commands are for, as the user or its master names it. */
  readonly server: string
  /** Lines to paste into redis-cli, in this order. */
  readonly commands: readonly string[]
  /** The command that keeps the change across a restart; absent where nothing has to be kept. */
  readonly keep?: string
  /** The memory, the time or the safety that it takes, as one sentence. */
  readonly cost?: string
}

/** A change of settings. CONFIG SET lasts until the restart; CONFIG REWRITE writes the settings into the server's redis.conf. */
export function settingRemedy(server: string, commands: readonly string[], cost: string): Remedy {
  return { server, commands, keep: 'CONFIG REWRITE', cost }
}

/** The words before and after the commands. */
export function remedyWords({ server, keep, cost }: Remedy): { readonly before: string; readonly after: string } {
  const kept = keep === undefined ? [] : [`To keep it after a restart: ${keep}, or redis.conf.`]
  return { before: `On ${server}:`, after: [...(cost === undefined ? [] : [cost]), ...kept].join(' ') }
}

/** Everything in one paragraph, for JSON and for a log. */
export function remedySentences(remedy: Remedy): string {
  const { before, after } = remedyWords(remedy)
  const what = `${before} ${remedy.commands.join(', then ')}`
  return after === '' ? what : `${what}. ${after}`
}
