# shellcheck shell=bash
# The client beside nats.go: each case a process of its own, in turns, with one server. Sourced by bench/run.

client_go() {
    [[ $bin/client-go -nt bench/peers/client-go/main.go ]] ||
        (cd bench/peers/client-go && go build -o "$OLDPWD/$bin/client-go" .)
}

client_program() { [[ $1 == mote ]] && echo "$release/bench/bench_client" || echo "$bin/client-go"; }

# The other side of a case, until it listens; `other` is its pid.
start_other() {
    : >"$work/other.log"
    "$release/bench/bench_client" "nats://127.0.0.1:$port" "$@" >"$work/other.log" 2>&1 &
    other=$!
    pids+=($other)
    for _ in {1..100}; do
        ! grep -q listening "$work/other.log" || return 0
        sleep 0.05
    done
    fail "bench_client $1 does not listen: $(cat "$work/other.log")"
}

# client_case ROUND CASE COUNT BYTES WINDOW WHO. One line: round, case/bytes/window, who, rate, CPU ns, peak kB.
client_case() {
    local round=$1 case=$2 count=$3 bytes=$4 window=$5 who=$6 result other=
    case $case in
    sub) start_other blast "$count" "$bytes" 1 ;;
    request) start_other respond 1 "$bytes" 1 ;;
    js-ordered) "$release/bench/bench_client" "nats://127.0.0.1:$port" js-fill "$count" "$bytes" 1000 ;;
    esac
    result=$("$(client_program "$who")" "nats://127.0.0.1:$port" "$case" "$count" "$bytes" "$window") ||
        fail "$who, $case: failed"
    [[ -z $other ]] || end "$other"
    printf '%s %s %s %s\n' "$round" "$case/$bytes/$window" "$who" "$result" >>"$work/client"
}

# client_ratio CASE FIELD: of ours to nats.go's, the median of the rounds.
client_ratio() {
    awk -v c="$1" -v f="$2" '$2 == c { x[$1, $3] = $f
        if (($1, "mote") in x && ($1, "go") in x && x[$1, "go"] > 0) print x[$1, "mote"] / x[$1, "go"] }' "$work/client" | median
}

client_median() { awk -v c="$1" -v who="$2" -v f="$3" '$2 == c && $3 == who { print $f }' "$work/client" | median; }

# case, count, bytes, window, and the least rate of nats.go: 1.5 where its client is what is waited for, 1 elsewhere. Which one
# that is says `cores`, the share of a core that a client is busy: where ours has little to do (a tenth of a core, of
# receiving), nothing that a client does makes more of the row. Where both are busy with what the kernel or a hash does
# for them, docs/adr/0011 says what.
client_cases="
pub 4000000 16 1 1
pub 1000000 1024 1 1
pub 50000 65536 1 1
sub 2000000 16 1 1
sub 500000 1024 1 1
sub 20000 65536 1 1
request 20000 16 1 1
request 200000 16 64 1.5
request 200000 16 512 1.5
js-pub 20000 16 1 1
js-pub 200000 16 1000 1.5
js-ordered 500000 16 1 1.5
kv-put 20000 128 1 1
kv-put 200000 128 64 1.5
kv-get 20000 128 1 1
kv-get 200000 128 64 1.5
obj-put 4 67108864 1 1
obj-get 4 67108864 1 1
file-js-pub 200000 16 1000 1
file-kv-put 200000 128 64 1
file-obj-put 4 67108864 1 1
"

bench_client() {
    local round case count bytes window least who name rate cost each
    if ! command -v go >/dev/null; then
        not_measured "the client beside nats.go" "there is no Go"
        return
    fi
    mkdir -p $bin
    if ! client_go; then
        not_measured "the client beside nats.go" "bench/peers/client-go does not build"
        return
    fi
    start_server --jetstream --store_dir "$work/jetstream"
    : >"$work/client"
    for ((round = 1; round <= rounds; round++)); do
        printf 'round %d of %d\n' "$round" "$rounds" >&2
        while read -r case count bytes window least; do
            [[ -n $case ]] || continue
            # Everybody goes first in turn.
            for who in $( ((round % 2)) && echo mote go || echo go mote); do
                client_case "$round" "$case" "$count" "$bytes" "$window" "$who" </dev/null
            done
        done <<<"$client_cases"
    done
    printf '%-28s %-6s %14s %12s %10s %6s\n' "case / bytes / at a time" "" "per second" "CPU ns each" "peak MB" "cores"
    while read -r case count bytes window least; do
        [[ -n $case ]] || continue
        for who in mote go; do
            name=$case/$bytes/$window
            rate=$(client_median "$name" "$who" 4)
            cost=$(client_median "$name" "$who" 5)
            [[ $case == *obj* ]] && each=1024 || each=1
            printf '%-28s %-6s %14.0f %12.1f %10.1f %6.2f\n' "$name" "$who" "$rate" "$cost" \
                "$(awk -v kb="$(client_median "$name" "$who" 6)" 'BEGIN { print kb / 1024 }')" \
                "$(awk -v rate="$rate" -v cost="$cost" -v each=$each 'BEGIN { print rate / each * cost / 1e9 }')"
        done
    done <<<"$client_cases"
    printf '(objects: bytes a second, and CPU of a KiB)\n\n'
    while read -r case count bytes window least; do
        [[ -n $case ]] || continue
        name=$case/$bytes/$window
        row "$name: rate of nats.go" "$(client_ratio "$name" 4)" ">=" "$least"
        row "$name: CPU each, of nats.go" "$(client_ratio "$name" 5)" "<=" 0.4
    done <<<"$client_cases"
    local one
    one=$("$release/bench/bench_client" "nats://127.0.0.1:$port" subs 10000 0 1)
    row "10,000 subscriptions: bytes of memory each" "$(awk '{ print $2 }' <<<"$one")" "<=" 1024
    one=$("$release/bench/bench_client" "nats://127.0.0.1:$port" idle 60 0 1)
    row "an idle connection: CPU us a second" "$(awk '{ print $2 / 1000 }' <<<"$one")" "<=" 100
}
