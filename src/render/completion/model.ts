/** What the completion scripts of all shells are made from. */

export interface CompletedFlag {
  readonly name: string
  readonly char?: string
  readonly text: string
  /** Absent for a switch. */
  readonly value?: FlagValue
}

export type FlagValue = { readonly kind: 'words'; readonly words: readonly string[] } | { readonly kind: 'file' | 'folder' | 'any' }

export interface CompletedCommand {
  readonly name: string
  readonly text: string
  readonly flags: readonly CompletedFlag[]
  /** The values of the argument. */
  readonly words: readonly string[]
  /** Whether the argument may be a @profile. */
  readonly hasTarget: boolean
}

/** Prints the profiles of the config file as targets. POSIX sh, which bash and zsh understand too. */
export const PROFILES_SCRIPT = `sed -n 's/^ *\\[profiles\\.["'"'"']*\\([^]"'"'"']*\\)["'"'"']*\\].*/@\\1/p' \\
    "\${REDIS_REPL_CONFIG:-\${XDG_CONFIG_HOME:-$HOME/.config}/redis-repl/config.toml}" 2>/dev/null`

/** A word in single quotes, for sh, bash and zsh. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
