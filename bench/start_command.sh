# shellcheck shell=bash
# How long `mote` takes until it has answered. Sourced by bench/run; a part of `start`.

# Runs a command so many times, and prints the milliseconds of each: on the wall, and of the processor.
times_of() {
    local count=$1 TIMEFORMAT='%R %U %S'
    shift
    for ((i = 0; i < count; i++)); do
        { time "$@" >/dev/null 2>&1; } 2>&1 | awk '{ print $1 * 1000, ($2 + $3) * 1000 }'
    done
}

# Most of it is the dynamic loader, which has some 45 libraries to load: those of libcurl. What else runs here only adds to the time on
# the wall, so the budget is for the best and for the time of the processor, and the middle one is told beside them.
start_of_command() {
    local mote=$release/apps/mote/mote starts=100
    if [[ ! -x $mote ]]; then
        not_measured "start of mote" "$mote is not built"
        return
    fi
    local -A lines=(["mote --version"]="--version" ["mote --help"]="--help" ["mote ls, no service there"]="ls"
        ["mote __complete, no server asked"]="__complete d")
    local what
    for what in "mote --version" "mote --help" "mote __complete, no server asked" "mote ls, no service there"; do
        # shellcheck disable=SC2086
        env NATS_URL="nats://127.0.0.1:$port" bash -c "$(declare -f times_of); times_of $starts '$mote' ${lines[$what]}" >"$work/command"
        row "$what: ms at best" "$(awk '{ print $1 }' "$work/command" | sort -n | head -1)" "<=" 15
        row "$what: ms of processor time" "$(awk '{ print $2 }' "$work/command" | median)" "<=" 15
        printf '  %-58s %8.2f\n' "$what: ms, the middle one" "$(awk '{ print $1 }' "$work/command" | median)"
    done
}
