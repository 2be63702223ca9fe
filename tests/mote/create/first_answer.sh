#!/usr/bin/env bash
# From nothing to an answer, as somebody does it who has `mote` installed: `mote new hello`, configure and build with the
# presets, start a server and the service, ask it. Then a changed line, built again and asked again. Prints seconds on the wall
# and of processor time, a line each: `WHAT WALL CPU`, for configure, build (program and test), answer (all of it until the first
# answer) and rebuild.
#   usage: first_answer.sh PREFIX
set -euo pipefail
mote=$1/bin/mote
scratch=$(mktemp -d)
started=()
finish() {
    local at
    for ((at = ${#started[@]} - 1; at >= 0; --at)); do # the server last
        kill "${started[at]}" 2>/dev/null || true
        wait "${started[at]}" 2>/dev/null || true
    done
    rm -rf "$scratch"
}
trap finish EXIT
fail() {
    printf 'first_answer: %s\n' "$1" >&2
    exit 1
}

# Seconds on the wall, and of processor time of all that has been started and has ended.
now() { awk -v wall="$EPOCHREALTIME" '{ print wall, ($16 + $17) / hz }' hz="$(getconf CLK_TCK)" "/proc/$$/stat"; }
since() { awk -v what="$1" '{ printf "%s %.2f %.2f\n", what, $3 - $1, $4 - $2 }' <<<"$2 $(now)"; }
quietly() {
    "$@" >"$scratch/log" 2>&1 || {
        cat "$scratch/log" >&2
        fail "this failed: $*"
    }
}
# Until the service is there nobody responds, which `mote req` says at once.
ask() {
    local tries
    for ((tries = 0; tries < 600; ++tries)); do
        ! "$mote" req hello greet World 2>"$scratch/log" || return 0
        kill -0 "${started[-1]}" 2>/dev/null || fail "the service has ended"
        sleep 0.02
    done
    cat "$scratch/log" >&2
    fail "the service does not answer"
}
start_service() {
    build/dev/bin/hello &
    started+=($!)
}
# It has to be gone before its server is.
end_service() {
    kill -TERM "${started[1]}"
    wait "${started[1]}" || fail "the service ended with $?"
    unset 'started[1]'
}

unset "${!NATS_@}"
export HOME=$scratch XDG_CONFIG_HOME=$scratch NATS_URL
unset XDG_STATE_HOME
cd "$scratch"
begin=$(now)
quietly "$mote" new hello
cd hello
at=$(now)
quietly cmake --preset dev
since configure "$at"
at=$(now)
quietly cmake --build --preset dev
since build "$at"
grep -qF '"run": ["build/dev/bin/hello"]' mote.json || fail "mote.json runs another program"
"$mote" up --no-functions --dir "$scratch/state" >"$scratch/address" 2>"$scratch/up.log" &
started+=($!)
for ((tries = 0; tries < 600; ++tries)); do
    [[ ! -s $scratch/address ]] || break
    kill -0 "${started[0]}" 2>/dev/null || break
    sleep 0.02
done
NATS_URL=$(head -1 "$scratch/address")
[[ -n $NATS_URL ]] || {
    cat "$scratch/up.log" >&2
    fail "mote up does not start"
}
start_service
answer=$(ask)
since answer "$begin"
[[ $answer == "Hello, World!" ]] || fail "it answered: $answer"

sed -i 's/"Hello, "/"Good morning, "/' service.cpp
at=$(now)
quietly cmake --build --preset dev
since rebuild "$at"
end_service
start_service
answer=$(ask)
[[ $answer == "Good morning, World!" ]] || fail "after the change it answered: $answer"
end_service
