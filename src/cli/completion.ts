import type { Command } from 'commander'

export const SHELLS = ['bash', 'zsh', 'fish'] as const

/** What may follow a path of commands, such as `tenant create`: its commands and options. */
interface Place {
  path: string
  words: readonly string[]
}

const placesOf = (command: Command, path: readonly string[] = []): Place[] => [
  {
    path: path.join(' '),
    words: [
      ...command.commands.map((one) => one.name()),
      ...command.options.flatMap(({ long }) => long ?? []),
      '--help',
    ],
  },
  ...command.commands.flatMap((one) => placesOf(one, [...path, one.name()])),
]

/** A completion script for the shell, generated from the commands. @param shell one of SHELLS */
export function completionFor(shell: string, program: Command): string {
  const places = placesOf(program)
  if (shell === 'fish') return fish(places)
  return shell === 'zsh' ? zsh(places) : bash(places)
}

/** The branches of a `case` in bash and zsh. */
const branches = (places: readonly Place[]): string =>
  places.map(({ path, words }) => `    '${path}') words='${words.join(' ')}' ;;`).join('\n')

/** Follows the words while they are commands; arguments and options end the path. */
const WALK = `
    case " $known " in *" $path\${path:+/}$word "*) path="$path\${path:+/}$word" ;; *) break ;; esac`

const known = (places: readonly Place[]): string =>
  places
    .filter(({ path }) => path !== '')
    .map(({ path }) => path.replaceAll(' ', '/'))
    .join(' ')

const bash = (
  places: readonly Place[],
): string => `# Completion for billingwatch: source <(./billingwatch --completion bash)
_billingwatch() {
  local known='${known(places)}' path='' word words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do${WALK}
  done
  case "\${path//\\// }" in
${branches(places)}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
  # A file where nothing of ours fits.
  [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _billingwatch billingwatch ./billingwatch
`

const zsh = (places: readonly Place[]): string => `#compdef billingwatch
# Completion for billingwatch: source <(./billingwatch --completion zsh)
_billingwatch() {
  local known='${known(places)}' path_='' word offered=''
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case " $known " in *" $path_\${path_:+/}$word "*) path_="$path_\${path_:+/}$word" ;; *) break ;; esac
  done
  case "\${path_//\\// }" in
${branches(places).replaceAll("words='", "offered='")}
  esac
  compadd -- \${=offered} || _files
}
compdef _billingwatch billingwatch ./billingwatch
`

const fish = (
  places: readonly Place[],
): string => `# Completion for billingwatch: ./billingwatch --completion fish | source
function __billingwatch_path
  set -l known ${known(places)}
  set -l path
  for word in (commandline -opc)[2..-1]
    set -l next (string join / $path $word)
    contains -- $next $known; or break
    set path $next
  end
  echo (string replace --all / ' ' -- "$path")
end
${places
  .map(
    ({ path, words }) =>
      `complete -c billingwatch -n 'test (__billingwatch_path) = "${path}"' -a '${words.join(' ')}'`,
  )
  .join('\n')}
`
