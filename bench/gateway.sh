# shellcheck shell=bash
# The gateway in front of three kinds of functions, under wrk, beside its peers in the same run: a bare HTTP to NATS gateway
# (../shared/peers/limit), two reverse proxies of Go before a Go echo server, and nginx before the same one. The two proxies
# are what OpenFaaS's way of a call amounts to at best: its gateway, and the watchdog's proxy. Sourced by bench/run.

seconds=${SECONDS_EACH:-3}

# free_ports COUNT: as many free ports of 127.0.0.1, a line.
free_ports() {
    python3 -c '
import socket, sys
held = [socket.socket() for _ in range(int(sys.argv[1]))]
for each in held: each.bind(("127.0.0.1", 0))
print(*[each.getsockname()[1] for each in held])' "$1"
}

# until_answers URL [OPTION...]: within 10 s, to a POST; OPTIONs are more of curl's.
until_answers() {
    local _
    for _ in {1..200}; do
        ! curl -fsS --max-time 2 -o "$work/answer" -d x "${@:2}" "$1" 2>/dev/null || return 0
        sleep 0.05
    done
    fail "nothing answers at $1: $(tail -5 "$work/log")"
}

background() {
    "$@" >>"$work/log" 2>&1 &
    pids+=($!)
    last_pid=$!
}

# The server of `mote up`, a node and a gateway; `gateway` is its address, `gateway_pid`, `node_pid` and `server_pid` are theirs.
# ARGUMENTS are more of the node.
start_platform() {
    local ports _
    # One that was there before and all that it kept go first.
    end "${pids[@]}"
    pids=()
    rm -rf "$work/up" "$work/node"
    read -r -a ports < <(free_ports 3)
    port=${ports[2]}
    background env PATH="$PWD/build/tools:$PATH" $release/apps/mote/mote up --no-functions --dir "$work/up" --port "$port"
    for _ in {1..200}; do
        ! grep -qs 'Server is ready' "$work/up/nats-server.log" || break
        sleep 0.05
    done
    grep -m1 -o 'Version: .*' "$work/up/nats-server.log" || fail "no server: $(tail -5 "$work/log")"
    read -r server_pid < <(cat /proc/"$last_pid"/task/*/children)
    gateway=http://127.0.0.1:${ports[0]}
    background $release/apps/mote/mote --server "nats://127.0.0.1:$port" node --directory "$work/node" "$@"
    node_pid=$last_pid
    background $release/apps/mote/mote --server "nats://127.0.0.1:$port" gateway --listen "127.0.0.1:${ports[0]}" \
        --operate-listen "127.0.0.1:${ports[1]}" --no-auth
    gateway_pid=$last_pid
    metrics=http://127.0.0.1:${ports[1]}/metrics
    until_answers "$gateway/healthz" --get
}

# deploy NAME IMAGE [PROCESS [MORE]]
deploy() {
    curl -fsS -o /dev/null -d "{\"service\":\"$1\",\"image\":\"$2\",\"envProcess\":\"${3:-}\"${4:-}}" \
        "$gateway/system/functions" || fail "cannot deploy $1"
}

# load URL CONNECTIONS BYTES: requests/s, p50 ms, p99 ms. An answer that is no 200 is a failure.
load() {
    printf 'wrk.method = "POST"\nwrk.body = string.rep("x", %d)\n' "$3" >"$work/post.lua"
    wrk -t1 -c"$2" -d"${seconds}s" --latency -s "$work/post.lua" "$1" >"$work/wrk"
    # A peer that closes connections under wrk is slower for it, and no failure of ours.
    awk '
    function ms(text) { return text ~ /us$/ ? text / 1000 : text ~ /ms$/ ? text + 0 : text * 1000 }
    $1 == "50%" { p50 = ms($2) } $1 == "99%" { p99 = ms($2) } $1 == "Requests/sec:" { rate = $2 }
    END { print rate, p50, p99 }' "$work/wrk"
}

# address_of WHO
address_of() {
    case $1 in
    micro) echo "$gateway/function/echo" ;;
    http) echo "$gateway/function/http-echo" ;;
    fork) echo "$gateway/function/cat" ;;
    *) echo "http://127.0.0.1:${peer_port[$1]}/" ;;
    esac
}

# gateway_ratio WHO OTHER CONNECTIONS BYTES FIELD: the median of the rounds.
gateway_ratio() {
    awk -v a="$1" -v b="$2" -v c="$3" -v s="$4" -v f="$5" '
        $3 == c && $4 == s { x[$1, $2] = $f; if (($1, a) in x && ($1, b) in x) print x[$1, a] / x[$1, b] }' \
        "$work/gateway" | median
}

start_gateway_peers() {
    local ports config=$work/nginx
    read -r -a ports < <(free_ports 5)
    background $bin/proxy-go echo "${ports[0]}"
    background $bin/proxy-go proxy "${ports[1]}" "${ports[0]}"
    background $bin/proxy-go proxy "${ports[2]}" "${ports[1]}"
    peer_port=([chain]=${ports[2]})
    if [[ -d $peers/limit ]]; then
        [[ $bin/gateway_limit -nt $peers/limit/gateway_limit.cpp ]] ||
            g++ -O2 -std=c++20 -w "$peers/limit/gateway_limit.cpp" -o $bin/gateway_limit -lpthread
        background $release/bench/bench_echo "nats://127.0.0.1:$port"
        background $bin/gateway_limit "${ports[3]}" "$port"
        peer_port[bound]=${ports[3]}
    fi
    if PATH=$PATH:/usr/sbin command -v nginx >/dev/null; then
        mkdir -p "$config"
        cat >"$config/conf" <<END
daemon off; worker_processes 1; pid $config/pid; error_log $config/errors;
events { worker_connections 1024; }
http {
  access_log off; client_body_temp_path $config/body; proxy_temp_path $config/proxy; fastcgi_temp_path $config/fastcgi;
  uwsgi_temp_path $config/uwsgi; scgi_temp_path $config/scgi; client_body_buffer_size 64k;
  upstream echo { server 127.0.0.1:${ports[0]}; keepalive 512; }
  server { listen 127.0.0.1:${ports[4]} backlog=4096;
    location / { proxy_pass http://echo; proxy_http_version 1.1; proxy_set_header Connection ""; } }
}
END
        background env PATH="$PATH:/usr/sbin" nginx -c "$config/conf"
        peer_port[nginx]=${ports[4]}
    fi
    local who
    for who in "${!peer_port[@]}"; do until_answers "http://127.0.0.1:${peer_port[$who]}/"; done
}

bench_gateway() {
    local -A peer_port
    local round connections bytes who i all_who
    for who in wrk go curl; do
        command -v $who >/dev/null && continue
        not_measured "the gateway beside its peers" "there is no $who"
        return
    done
    mkdir -p $bin
    [[ $bin/proxy-go -nt bench/peers/proxy-go/main.go ]] || (cd bench/peers/proxy-go && go build -o "$OLDPWD/$bin/proxy-go" .)
    start_platform --no-sandbox  # the echo service lies in the build directory
    deploy echo functions/alpine "$PWD/$release/bench/bench_echo" ',"envVars":{"mode":"micro"}'
    # One process, as behind the two proxies: with the usual labels there were twenty of them before long.
    deploy http-echo functions/http-echo '' ',"labels":{"com.openfaas.scale.max":"1"}'
    deploy cat functions/alpine cat
    start_gateway_peers
    for who in micro http fork; do until_answers "$(address_of $who)"; done
    all_who=(micro http fork "${!peer_port[@]}")
    : >"$work/gateway"
    for ((round = 1; round <= rounds; round++)); do
        printf 'round %d of %d\n' "$round" "$rounds" >&2
        for bytes in 16 16384; do
            for connections in 1 64 256; do
                # Everybody goes first in turn.
                for ((i = 0; i < ${#all_who[@]}; i++)); do
                    who=${all_who[(i + round) % ${#all_who[@]}]}
                    printf '%d %s %d %d %s\n' "$round" "$who" "$connections" "$bytes" \
                        "$(load "$(address_of "$who")" $connections $bytes)" >>"$work/gateway"
                done
            done
        done
    done
    printf '%-24s %-6s %12s %9s %9s\n' "connections / bytes" "" "requests/s" "p50 ms" "p99 ms"
    for bytes in 16 16384; do
        for connections in 1 64 256; do
            for who in "${all_who[@]}"; do
                awk -v c=$connections -v b=$bytes -v who="$who" '$2 == who && $3 == c && $4 == b' "$work/gateway" >"$work/who"
                printf '%-24s %-6s %12.0f %9.2f %9.2f\n' "$connections / $bytes" "$who" "$(awk '{ print $5 }' "$work/who" | median)" \
                    "$(awk '{ print $6 }' "$work/who" | median)" "$(awk '{ print $7 }' "$work/who" | median)"
            done
        done
    done
    row "micro function, 64/16: requests/s of two Go proxies" "$(gateway_ratio micro chain 64 16 5)" ">=" 9
    row "micro function, 256/16: requests/s of two Go proxies" "$(gateway_ratio micro chain 256 16 5)" ">=" 12
    row "micro function, 64/16: p99 of two Go proxies" "$(gateway_ratio micro chain 64 16 7)" "<=" 0.1
    row "micro function, 256/16: p99 of two Go proxies" "$(gateway_ratio micro chain 256 16 7)" "<=" 0.1
    row "HTTP function, 64/16: requests/s of two Go proxies" "$(gateway_ratio http chain 64 16 5)" ">=" 4
    [[ -z ${peer_port[bound]:-} ]] || for connections in 64 256; do
        row "micro function, $connections/16: requests/s of the bound" "$(gateway_ratio micro bound $connections 16 5)" ">=" 0.8
    done
}
