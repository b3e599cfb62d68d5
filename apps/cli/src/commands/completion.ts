/** `fornax completion`: a script for the shell, made from the commands there are. */
import type { Command } from 'commander'

const KIND_WORDS = 'sessions pods nodes applications'
const WITH_KINDS = ['get', 'watch', 'describe', 'delete']
/** Commands whose first word is a name, and the kind it is of. */
const NAMES_OF: Readonly<Record<string, string>> = {
  open: 'applications',
  close: 'sessions',
  logs: 'pods',
  cordon: 'nodes',
  uncordon: 'nodes',
  drain: 'nodes',
}

export function completionScript(root: Command, shell: 'bash' | 'zsh'): string {
  const commands = root.commands.filter((command) => command.name() !== 'help')
  const cases = commands.map((command) => `    ${command.name()}) words="${wordsOf(command)}" ;;`)
  const kinds = Object.entries(NAMES_OF).map(([name, kind]) => `    ${name}) kind=${kind} ;;`)
  const header = shell === 'zsh' ? 'autoload -U +X bashcompinit && bashcompinit\n' : ''
  return `${header}_fornax() {
  local current=\${COMP_WORDS[COMP_CWORD]} command=\${COMP_WORDS[1]} words="" kind=""
  if [ "$COMP_CWORD" -le 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map((command) => command.name()).join(' ')}" -- "$current"))
    return
  fi
  case "$command" in
${cases.join('\n')}
  esac
  case "$command" in
    ${WITH_KINDS.join('|')}) if [ "$COMP_CWORD" -ge 3 ]; then kind=\${COMP_WORDS[2]}; fi ;;
${kinds.join('\n')}
  esac
  if [ -n "$kind" ] && [ "\${current:0:1}" != - ]; then
    words=$(fornax get "$kind" -o name 2>/dev/null | sed 's,.*/,,')
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _fornax fornax
`
}

function wordsOf(command: Command): string {
  const options = command.options.map((option) => option.long ?? option.short ?? '')
  const inner = command.commands.map((one) => one.name())
  const kinds = WITH_KINDS.includes(command.name()) ? [KIND_WORDS] : []
  return [...inner, ...kinds, ...options, '--server', '--token'].join(' ')
}
