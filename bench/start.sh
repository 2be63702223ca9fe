# shellcheck shell=bash
# How long the five-line service takes to start, and to compile, and how long `mote` takes. Sourced by bench/run.

# Milliseconds of processor time that the compiler takes for a file. The time on the wall tells of the other programs too.
compile_time() {
    local TIMEFORMAT='%U %S'
    { time "${CXX:-g++}" -std=c++20 -O2 -I. -c "$1" -o "$work/compiled.o"; } 2>&1 | awk '{ print ($1 + $2) * 1000 }'
}

bench_start() {
    local echo=$release/examples/01_echo starts=20 round
    if [[ -x $echo ]]; then
        start_server
        env NATS_URL="nats://127.0.0.1:$port" \
            $release/bench/bench_start "nats://127.0.0.1:$port" "$echo" $starts >"$work/starts" || : >"$work/starts" # some are not all
        row "start of the process to registered service: ms" "$(median <"$work/starts")" "<=" 20
    else
        not_measured "start of the process to registered service" "$echo is not built"
        start_server
    fi
    start_of_command
    if ! command -v "${CXX:-g++}" >/dev/null; then
        not_measured "compile of the five-line service" "there is no ${CXX:-g++}"
        return
    fi
    printf '#include <boost/asio/awaitable.hpp>\nint main() {}\n' >"$work/awaitable.cpp"
    compile_time "$work/awaitable.cpp" >/dev/null # the headers are in memory from here on
    # A single ratio is off by a quarter either way.
    for ((round = 1; round <= 2 * rounds + 1; round++)); do
        printf '%s %s\n' "$(compile_time examples/01_echo.cpp)" "$(compile_time "$work/awaitable.cpp")"
    done >"$work/compiled"
    row "compile of the five-line service, of asio/awaitable.hpp" \
        "$(awk '{ print $1 / $2 }' "$work/compiled" | median)" "<=" 2
}
