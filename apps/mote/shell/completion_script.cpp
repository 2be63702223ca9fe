// What `mote completion` prints. All three ask `mote __complete` for each word, so they need no change when commands come and go.

#include <apps/mote/shell/commands.hpp>

#include <apps/mote/output.hpp>

#include <string_view>

namespace mote::command {
namespace {

// bash divides words at `=` and `:` too, so they are put together again, and what is before the last of them is not inserted twice.
// Nothing that `mote` prints is expanded.
constexpr std::string_view bash_script = R"(# bash completion for mote: source <(mote completion bash)
_mote() {
    local program=${COMP_WORDS[0]/#\~/$HOME} words=() glue= word i line before
    COMPREPLY=()
    for ((i = 1; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if ((${#words[@]})) && [[ $glue || $word == [=:]* ]]; then
            words[${#words[@]}-1]+=$word
        else
            words+=("$word")
        fi
        [[ $word == *[=:] && ${words[${#words[@]}-1]} != *[[:space:]]* ]] && glue=1 || glue=
    done
    word=${words[${#words[@]}-1]}
    before=
    [[ $word == *[=:]* ]] && before=${word%"${word##*[=:]}"}
    while IFS= read -r line; do
        case $line in
        :files) compopt -o default 2>/dev/null ;;
        :directories) compopt -o dirnames 2>/dev/null ;;
        *)
            line=${line%%$'\t'*}
            COMPREPLY+=("${line#"$before"}")
            ;;
        esac
    done < <("$program" __complete "${words[@]}" 2>/dev/null)
}
complete -F _mote mote
)";

constexpr std::string_view zsh_script = R"(#compdef mote
# zsh completion for mote: source <(mote completion zsh), or a file _mote in $fpath
_mote() {
    local program=${(Q)words[1]} line word about
    local -a candidates shown
    program=${program/#\~/$HOME}
    local files= directories=
    while IFS= read -r line; do
        case $line in
        :files) files=1 ;;
        :directories) directories=1 ;;
        *)
            word=${line%%$'\t'*} about=${line#*$'\t'}
            candidates+=("$word")
            shown+=("$word${about:+  -- $about}")
            ;;
        esac
    done < <("$program" __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)
    ((${#candidates})) && compadd -l -d shown -a -- candidates
    [[ -n $files ]] && _files
    [[ -n $directories ]] && _files -/
    return 0
}
if [[ ${funcstack[1]} == _mote ]]; then
    _mote "$@"
else
    compdef _mote mote
fi
)";

constexpr std::string_view fish_script = R"(# fish completion for mote: mote completion fish | source
function __mote_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    for line in ($program __complete $words "$current" 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path "$current"
            case ':directories'
                __fish_complete_directories "$current"
            case '*'
                echo -- $line
        end
    end
end
complete -c mote -f -a '(__mote_complete)'
)";

}  // namespace

exit_code run(const completion_command& chosen) {
    const bool is_bash = chosen.shell == shell_kind::bash;
    try {
        write_out(is_bash ? bash_script : chosen.shell == shell_kind::zsh ? zsh_script : fish_script);
        return exit_code::ok;
    } catch (const failure&) {
        return explain(std::current_exception());
    }
}

}  // namespace mote::command
