# shellcheck shell=bash
# A work endpoint beside a Consume loop of nats.go with explicit acks: the same stream, both with as many messages in
# flight, in turns. Sourced by bench/run.
#
# nats.go's loop at times waits in the middle of a run until its pull request expires, 30 s ("no heartbeat received"). Such
# a round says nothing of how fast it is: it is left out, and counted. A round in which ours waits so stays in.

stall_ms=5000
longest_run_ms=120000 # then work-go gives up, and that is a stall too

work_go() {
    [[ $bin/work-go -nt bench/peers/work-go/main.go ]] || (cd bench/peers/work-go && go build -o "$OLDPWD/$bin/work-go" .)
}

# measure_work ROUND STORAGE IN_FLIGHT WHO COUNT. One line: round, storage, in flight, who, messages/s, CPU ns a message,
# longest wait in ms, CPU ns of the server a message.
measure_work() {
    local round=$1 storage=$2 window=$3 who=$4 count=$5 url=nats://127.0.0.1:$port before result
    $release/bench/bench_work "$url" fill "$storage" "$count"
    before=$(cpu_of "$server_pid")
    case $who in
    mote) result=$($release/bench/bench_work "$url" run "$window" "$count") ;;
    go) result=$($bin/work-go "$url" "$window" "$count") || result="0 0 $longest_run_ms" ;;
    esac
    [[ -n $result ]] || fail "$who did not take its $count messages ($storage, $window in flight)"
    printf '%s %s %s %s %s %s\n' "$round" "$storage" "$window" "$who" "$result" \
        $((($(cpu_of "$server_pid") - before) / count)) >>"$work/work"
}

# work_ratio STORAGE IN_FLIGHT FIELD: of ours to nats.go's, the median of the rounds.
work_ratio() {
    awk -v s="$1" -v w="$2" -v f="$3" -v stall=$stall_ms '
        $2 == s && $3 == w && !($4 == "go" && $7 > stall) {
            x[$1, $4] = $f
            if (($1, "mote") in x && ($1, "go") in x) print x[$1, "mote"] / x[$1, "go"]
        }' \
        "$work/work" | median
}

# stalls WHO: in how many of the rounds it stalled.
stalls() {
    awk -v who="$1" -v stall=$stall_ms '$4 == who { n++; bad += $7 > stall } END { print bad + 0 " of " n + 0 }' "$work/work"
}

bench_work() {
    local count=${WORK_MESSAGES:-200000} round storage window who
    if ! command -v go >/dev/null; then
        not_measured "work endpoint, messages/s of nats.go" "there is no Go"
        return
    fi
    mkdir -p $bin
    if ! work_go; then
        not_measured "work endpoint, messages/s of nats.go" "bench/peers/work-go does not build"
        return
    fi
    start_server --jetstream --store_dir "$work/jetstream"
    : >"$work/work"
    for ((round = 1; round <= rounds; round++)); do
        printf 'round %d of %d\n' "$round" "$rounds" >&2
        for storage in file memory; do
            for window in 64 500; do
                # Everybody goes first in turn.
                for who in $( ((round % 2)) && echo mote go || echo go mote); do
                    measure_work "$round" "$storage" "$window" "$who" "$count"
                done
            done
        done
    done
    printf '%-22s %-6s %12s %14s %21s\n' "storage / in flight" "" "messages/s" "CPU us/message" "server CPU us/message"
    for storage in file memory; do
        for window in 64 500; do
            for who in mote go; do
                awk -v s="$storage" -v w="$window" -v who="$who" -v stall=$stall_ms \
                    '$2 == s && $3 == w && $4 == who && !(who == "go" && $7 > stall)' "$work/work" >"$work/who"
                printf '%-22s %-6s %12.0f %14.3f %21.3f\n' "$storage / $window" "$who" \
                    "$(awk '{ print $5 }' "$work/who" | median)" "$(awk '{ print $6 / 1000 }' "$work/who" | median)" \
                    "$(awk '{ print $8 / 1000 }' "$work/who" | median)"
            done
        done
    done
    printf 'runs that stalled: nats.go %s, left out; mote %s, kept\n' "$(stalls go)" "$(stalls mote)"
    for storage in file memory; do
        for window in 64 500; do
            row "work, $storage, $window in flight: messages/s of nats.go" "$(work_ratio $storage $window 5)" ">=" 1.5
            printf '  %-58s %8.2f\n' "work, $storage, $window in flight: CPU a message of nats.go" \
                "$(work_ratio $storage $window 6)"
        done
    done
}
