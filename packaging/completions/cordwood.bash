# Completion of cordwood for bash: subcommands and flags, as the program itself names them.
_cordwood() {
  local current="${COMP_WORDS[COMP_CWORD]}" word path=() i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="${COMP_WORDS[i]}"
    [[ "$word" == -* ]] && continue
    # Only subcommands belong to the path: what the help of the path so far lists.
    cordwood "${path[@]}" --help 2>/dev/null | sed -n '/^Subcommands:/,$p' | grep -q "^  $word " && path+=("$word")
  done
  local help words
  help="$(cordwood "${path[@]}" --help 2>/dev/null)" || return
  words="$(grep -oE '(^|[ ,])--?[A-Za-z][A-Za-z0-9-]*' <<<"$help" | tr -d ' ,')"
  words+=" $(sed -n '/^Subcommands:/,$p' <<<"$help" | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p')"
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  # Files where nothing of ours fits.
  [ "${#COMPREPLY[@]}" -gt 0 ] || mapfile -t COMPREPLY < <(compgen -f -- "$current")
}
complete -o filenames -F _cordwood cordwood
