# shellcheck shell=bash
# How long `mote ls` takes to list a thousand instances. Sourced by bench/run.

bench_instances() {
    local mote=$release/apps/mote/mote processes=4 each=250 i round listed begin
    if [[ ! -x $mote ]]; then
        not_measured "mote ls, 1,000 instances: s" "$mote is not built"
        return
    fi
    start_server
    for ((i = 0; i < processes; i++)); do
        $release/bench/bench_instances "nats://127.0.0.1:$port" "$each" >"$work/instances.$i" &
        pids+=($!)
    done
    for ((i = 0; i < processes; i++)); do
        for _ in {1..600}; do
            ! grep -q ready "$work/instances.$i" || break
            sleep 0.1
        done
        grep -q ready "$work/instances.$i" || fail "the instances do not start"
    done
    local fewest=$((processes * each))
    for ((round = 1; round <= rounds; round++)); do
        begin=$(date +%s%N)
        "$mote" ls --server "nats://127.0.0.1:$port" --json >"$work/listed" || fail "mote ls fails"
        printf '%s\n' "$((($(date +%s%N) - begin) / 1000000))" >>"$work/ls"
        listed=$(grep -o '"id":' "$work/listed" | wc -l)
        ((listed >= fewest)) || fewest=$listed
    done
    row "mote ls: instances listed, the fewest of the rounds" "$fewest" ">=" $((processes * each))
    row "mote ls, 1,000 instances: s" "$(awk '{ print $1 / 1000 }' "$work/ls" | median)" "<=" 1
}
