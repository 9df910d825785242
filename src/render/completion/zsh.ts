/** The completion script of zsh: to source after compinit, or to store as _redis-repl in a folder of $fpath. */
import { type CompletedCommand, type CompletedFlag, PROFILES_SCRIPT, quoted } from './model.ts'

export function zshScript(commands: readonly CompletedCommand[]): string {
  return `#compdef redis-repl
# zsh completion for redis-repl. In ~/.zshrc, after compinit: eval "$(redis-repl completion zsh)"
_redis_repl_targets() {
  local -a profiles
  profiles=(\${(f)"$(${PROFILES_SCRIPT})"})
  compadd -a profiles
}

_redis_repl() {
  if ((CURRENT == 2)); then
    local -a commands
    commands=(
${commands.map(({ name, text }) => `      ${quoted(`${name}:${text}`)}`).join('\n')}
    )
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${commands.map(commandCase).join('\n')}
  esac
}

compdef _redis_repl redis-repl
`
}

function commandCase({ name, flags, words, hasTarget }: CompletedCommand): string {
  const argument = hasTarget ? [quoted('1:target:_redis_repl_targets')] : words.length > 0 ? [quoted(`1:name:(${words.join(' ')})`)] : []
  const lines = [...flags.flatMap(flagSpecs), ...argument].map((spec) => `        ${spec}`)
  return `    ${name})\n      _arguments -S \\\n${lines.join(' \\\n')}\n      ;;`
}

/** One specification for each name of the flag. A colon or a bracket in a text would end it. */
function flagSpecs({ name, char, text, value }: CompletedFlag): string[] {
  const explained = `[${text.replace(/[[\]:\\]/g, (sign) => `\\${sign}`)}]`
  const action =
    value && { words: value.kind === 'words' ? `(${value.words.join(' ')})` : '', file: '_files', folder: '_files -/', any: '' }[value.kind]
  const taking = value ? `:value:${action}` : ''
  return [
    quoted(`*--${name}${value ? '=' : ''}${explained}${taking}`),
    ...(char ? [quoted(`*-${char}${value ? '+' : ''}${explained}${taking}`)] : []),
  ]
}
