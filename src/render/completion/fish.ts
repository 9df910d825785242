/** The completion script of fish 3 and later. */
import type { CompletedCommand, CompletedFlag } from './model.ts'

export function fishScript(commands: readonly CompletedCommand[]): string {
  return `# fish completion for redis-repl. redis-repl completion fish > ~/.config/fish/completions/redis-repl.fish
function __redis_repl_command
    set -l words (commandline -opc)
    test (count $words) -gt 1; and test $words[2] = $argv[1]
end

function __redis_repl_needs_command
    test (count (commandline -opc)) -eq 1
end

function __redis_repl_profiles
    set -l folder ~/.config
    set -q XDG_CONFIG_HOME; and set folder $XDG_CONFIG_HOME
    set -l file $folder/redis-repl/config.toml
    set -q REDIS_REPL_CONFIG; and set file $REDIS_REPL_CONFIG
    test -r $file; and string replace -rf '^\\s*\\[profiles\\.["\\']?([^\\]"\\']+)["\\']?\\].*' '@$1' <$file
end

complete -c redis-repl -f
${commands.flatMap(commandLines).join('\n')}
`
}

function commandLines({ name, text, flags, words, hasTarget }: CompletedCommand): string[] {
  const here = `complete -c redis-repl -n '__redis_repl_command ${name}'`
  return [
    `complete -c redis-repl -n __redis_repl_needs_command -a ${name} -d ${quoted(text)}`,
    ...(hasTarget ? [`${here} -a '(__redis_repl_profiles)'`] : []),
    ...(words.length > 0 ? [`${here} -a ${quoted(words.join(' '))}`] : []),
    ...flags.map((flag) => `${here} ${flagWords(flag)}`),
  ]
}

function flagWords({ name, char, text, value }: CompletedFlag): string {
  const names = `${char ? `-s ${char} ` : ''}-l ${name} -d ${quoted(text)}`
  if (!value) return names
  switch (value.kind) {
    case 'words':
      return `${names} -x -a ${quoted(value.words.join(' '))}`
    case 'file':
      return `${names} -r -F`
    case 'folder':
      return `${names} -x -a '(__fish_complete_directories)'`
    case 'any':
      return `${names} -x`
  }
}

/** In single quotes fish knows two escapes. */
function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, (sign) => `\\${sign}`)}'`
}
