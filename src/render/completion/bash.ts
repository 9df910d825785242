/** The completion script of bash 3.2 and later, without the bash-completion package. */
import { type CompletedCommand, PROFILES_SCRIPT, quoted } from './model.ts'

export function bashScript(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name).join(' ')
  return `# bash completion for redis-repl. In ~/.bashrc: eval "$(redis-repl completion bash)"
_redis_repl_profiles() {
  ${PROFILES_SCRIPT}
}

_redis_repl() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD - 1]}" command="\${COMP_WORDS[1]}" words=''
  # Bash splits words at = and @ too, and replaces only what stands after them.
  [[ $word == '=' ]] && word=''
  [[ $before == '=' ]] && before="\${COMP_WORDS[COMP_CWORD - 2]}"
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W ${quoted(names)} -- "$word"))
    return
  fi
  if [[ $word == '@' || $before == '@' ]]; then
    [[ $word == '@' ]] && word=''
    COMPREPLY=($(compgen -W "$(_redis_repl_profiles | sed 's/^@//')" -- "$word"))
    return
  fi
  case "$command $before" in
${commands.flatMap(valueCases).join('\n')}
  esac
  case "$command" in
${commands.map(({ name, flags, words, hasTarget }) => `    ${name}) words=${quoted(wordsOf(flags, words))}${hasTarget ? '" $(_redis_repl_profiles)"' : ''} ;;`).join('\n')}
  esac
  [[ $word != -* ]] && words=$(printf '%s\\n' $words | sed '/^-/d')
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}

complete -F _redis_repl redis-repl
`
}

function wordsOf(flags: CompletedCommand['flags'], words: readonly string[]): string {
  return [...flags.map(({ name }) => `--${name}`), ...words].join(' ')
}

/** What a flag takes, after its long and after its short name. */
function valueCases({ name, flags }: CompletedCommand): string[] {
  return flags.flatMap(({ name: flag, char, value }) => {
    if (!value) return []
    const patterns = [`--${flag}`, ...(char ? [`-${char}`] : [])].map((word) => quoted(`${name} ${word}`)).join(' | ')
    const reply = {
      words: () => `COMPREPLY=($(compgen -W ${quoted(value.kind === 'words' ? value.words.join(' ') : '')} -- "$word"))`,
      file: () => 'COMPREPLY=($(compgen -f -- "$word"))',
      folder: () => 'COMPREPLY=($(compgen -d -- "$word"))',
      any: () => 'COMPREPLY=()',
    }[value.kind]()
    return [`    ${patterns}) ${reply}; return ;;`]
  })
}
