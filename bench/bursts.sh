# shellcheck shell=bash
# The echo service beside a bare loop, with requests in bursts of a known size and no server between. Sourced by bench/run.

bench_bursts() {
    if [[ ! -d $peers/limit ]]; then
        not_measured "the echo service in bursts" "$peers is not there (set PEERS)"
        return
    fi
    build_peers
    local size count bytes bursts round
    for size in "16 16 20000" "64 16 10000" "512 16 2000" "64 1024 4000"; do
        read -r count bytes bursts <<<"$size"
        for ((round = 1; round <= rounds; round++)); do
            # Pairs: what one round has of the machine, both have.
            printf '%s %s\n' \
                "$(timeout 60 $release/bench/bench_bursts $release/bench/bench_echo nats://127.0.0.1: "$count" "$bytes" "$bursts" 2>/dev/null)" \
                "$(timeout 60 $release/bench/bench_bursts $bin/echo_limit "" "$count" "$bytes" "$bursts" 2>/dev/null)"
        done >"$work/bursts"
        row "CPU a request, bursts of $count/$bytes, of limit" "$(awk '{ print $1 / $2 }' "$work/bursts" | median)" "<=" 1.3
    done
}
