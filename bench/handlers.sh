# shellcheck shell=bash
# What typed handlers, middleware and counters cost. Sourced by bench/run.

bench_handlers() {
    start_server
    $release/bench/bench_handlers "nats://127.0.0.1:$port" "$rounds" >"$work/handlers" || : >"$work/handlers" # some are not all
    row "typed endpoint, 200 bytes: us of CPU more than a raw one" \
        "$(awk '{ print $1 / 1000 }' "$work/handlers" | median)" "<=" 2
    row "middleware that does nothing: ns" "$(awk '{ print $2 }' "$work/handlers" | median)" "<=" 20
    row "histogram and counters: ns a request" "$(awk '{ print $3 }' "$work/handlers" | median)" "<=" 50
}
