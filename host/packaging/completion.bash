# Completion of lunokhod's commands and options for bash. It asks the program itself, so it knows what that version knows.
_lunokhod() {
  local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} program=${COMP_WORDS[0]}
  COMPREPLY=()
  if [ "$COMP_CWORD" = 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W 'run check test replay backup migrate sandbox dev status reload stop log dead sql version help' -- "$word")
  elif [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$("$program" "$command" --help 2>/dev/null | sed -n 's/^  \(--[a-z-]*\).*/\1/p') --help" -- "$word")
  elif [ "$command" = backup ] && [ "$COMP_CWORD" = 2 ]; then
    mapfile -t COMPREPLY < <(compgen -W 'now list verify pull push key' -- "$word")
  elif [ "$command" = dead ] && [ "$COMP_CWORD" = 2 ]; then
    mapfile -t COMPREPLY < <(compgen -W 'list show retry drop' -- "$word")
  fi
} && complete -o bashdefault -o default -F _lunokhod lunokhod
