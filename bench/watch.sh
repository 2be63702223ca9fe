# shellcheck shell=bash
# How long it takes from a saved file to the first answer of the new version. Sourced by bench/run, behind gateway.sh, whose
# platform it uses.

# says NAME TEXT: until the function answers that, within 20 s.
says() {
    local end=$((SECONDS + 20))
    while [[ $(curl -fs -d x "$gateway/function/$1") != "$2" ]]; do
        ((SECONDS < end)) || fail "$1 does not come to say $2: $(tail -5 "$work/log")"
    done
}

# edits NAME FILE FORMAT: ms from a new FILE, in which FORMAT has the number of the edit, to that number as the answer; the median.
edits() {
    local i began ended
    for ((i = 1; i <= ${EDITS:-20}; i++)); do
        began=$(date +%s%N)
        # shellcheck disable=SC2059
        printf "$3" "$i" >"$2"
        says "$1" "$i"
        ended=$(date +%s%N)
        printf '%d\n' $(((ended - began) / 1000))
        sleep 0.3 # as what is watched is quiet before somebody saves again
    done | awk '{ print $1 / 1000 }' | median
}

# A script that is started for each call, and a server in Python, which has to be ready before the one before it goes.
bench_watch() {
    local who script='#!/bin/sh\necho %d\n' server='import os, socket
listener = socket.create_server(("127.0.0.1", int(os.environ["PORT"])))
while True:
    peer, _ = listener.accept()
    if peer.recv(4096):
        text = b"%d"
        peer.sendall(b"HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Length: " + str(len(text)).encode() + b"\\r\\n\\r\\n" + text)
    peer.close()
'
    for who in curl python3; do
        command -v $who >/dev/null && continue
        not_measured "from a changed file to the answer of the new version" "there is no $who"
        return
    done
    start_platform
    mkdir -p "$work/edited/script" "$work/edited/server"
    # shellcheck disable=SC2059
    printf "$script" 0 >"$work/edited/script/run"
    chmod +x "$work/edited/script/run"
    printf 'fprocess=./run\n' >"$work/edited/script/function.env"
    # shellcheck disable=SC2059
    printf "$server" 0 >"$work/edited/server/run.py"
    printf 'mode=http\nfprocess=python3 run.py\n' >"$work/edited/server/function.env"
    cat >"$work/edited/stack.yml" <<END
provider: {name: openfaas, gateway: "$gateway"}
functions:
  edited-script: {handler: ./script, image: edited-script}
  edited-server: {handler: ./server, image: edited-server}
END
    background "$release/apps/mote/mote" --server "nats://127.0.0.1:$port" deploy -f "$work/edited/stack.yml" --watch
    says edited-script 0
    says edited-server 0
    row "changed script to the answer of the new version, ms" "$(edits edited-script "$work/edited/script/run" "$script")" "<=" 1000
    row "changed Python server to the answer of the new version, ms" \
        "$(edits edited-server "$work/edited/server/run.py" "$server")" "<=" 1000
}
