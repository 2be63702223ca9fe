#!/usr/bin/env bash
# What `mote new` makes builds, passes its own tests, and answers: with the `mote` and the library that are installed from the
# build tree. Exit code 77: the tools of a language are not there.
#   usage: projects_test.sh install|cpp|first_answer|python|go|js BUILD_DIRECTORY WORK_DIRECTORY CXX_COMPILER [SANITIZERS]
set -euo pipefail
what=$1 build=$2 work=$3 compiler=$4 sanitizers=${5:-}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
prefix=$work/prefix
mote=$prefix/bin/mote
PATH=$PATH:/usr/local/go/bin
scratch=$(mktemp -d)
started=()
finish() {
    local each
    for each in "${started[@]}"; do
        kill "$each" 2>/dev/null || true
        wait "$each" 2>/dev/null || true
    done
    rm -rf "$scratch"
}
trap finish EXIT
fail() {
    printf 'projects_test: %s\n' "$1" >&2
    exit 1
}
# need PROGRAM...
need() {
    local each
    for each in "$@"; do
        command -v "$each" >/dev/null && continue
        printf 'projects_test: needs %s\n' "$each" >&2
        [[ -z ${CI:-} ]] || exit 1
        exit 77
    done
}
quietly() {
    "$@" >"$scratch/log" 2>&1 || {
        cat "$scratch/log" >&2
        fail "this failed: $*"
    }
}

# The nats-server under test, first in PATH and as the generated tests look for it. Nothing of whoever runs this is heard.
server=$(PATH=$PATH:/usr/local/bin:/usr/sbin command -v "${MOTE_TEST_NATS_SERVER:-nats-server}") || need nats-server
mkdir "$scratch/bin"
ln -s "$(realpath "$server")" "$scratch/bin/nats-server"
unset "${!NATS_@}" "${!CMAKE_@}" OPENFAAS_URL XDG_STATE_HOME
export PATH=$scratch/bin:$PATH MOTE_TEST_NATS_SERVER=$scratch/bin/nats-server XDG_CONFIG_HOME=$scratch
export CXX=$compiler CXXFLAGS=${sanitizers:+-fsanitize=$sanitizers}
[[ $sanitizers != *thread* ]] || CXXFLAGS+=" -Wno-tsan"  # of the fences in Asio

# make NAME [OPTION...]: `mote new` into the work directory. Files that are as they were keep their times, so that nothing is
# built again without need.
make() {
    local name=$1 file
    quietly "$mote" new "$@" --dir "$scratch/new/$name"
    mkdir -p "$work/$name"
    (cd "$scratch/new/$name" && find . -type f) | while read -r file; do
        mkdir -p "$(dirname "$work/$name/$file")"
        cmp -s "$scratch/new/$name/$file" "$work/$name/$file" || cp "$scratch/new/$name/$file" "$work/$name/$file"
    done
}

# A server, a node and the gateway; `NATS_URL` and `OPENFAAS_URL` are theirs.
start_platform() {
    : >"$scratch/addresses"  # there at the first look below
    "$mote" up --dir "$scratch/state" >"$scratch/addresses" 2>"$scratch/up.log" &
    started+=($!)
    local tries
    for ((tries = 0; tries < 600; ++tries)); do
        (($(wc -l <"$scratch/addresses") < 2)) || break
        kill -0 "${started[0]}" 2>/dev/null || break
        sleep 0.05
    done
    (($(wc -l <"$scratch/addresses") == 2)) || {
        cat "$scratch/up.log" >&2
        fail "mote up does not start"
    }
    export NATS_URL OPENFAAS_URL
    { read -r NATS_URL && read -r OPENFAAS_URL; } <"$scratch/addresses"
}

# run_service COMMAND...: it is `started[-1]`.
run_service() {
    "$@" &
    started+=($!)
}
# run_project NAME: builds and runs it as its mote.json says, as `mote dev` does.
run_project() {
    local line
    quietly python3 - "$work/$1" <<'END'
import json, subprocess, sys
for command in json.load(open(sys.argv[1] + "/mote.json"))["build"]:
    subprocess.run(command, cwd=sys.argv[1], check=True)
END
    mapfile -t line < <(python3 -c 'import json, sys
project = json.load(sys.stdin)
print(*[name + "=" + value for name, value in project.get("env", {}).items()], *project["run"], sep="\n")' <"$work/$1/mote.json")
    run_service env -C "$work/$1" "${line[@]}"
}
# end_service: it ends by itself after SIGTERM, with 0.
end_service() {
    kill -TERM "${started[-1]}"
    wait "${started[-1]}" || fail "the service ended with $?"
    unset 'started[-1]'
}

fetch() { python3 -c 'import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=10).read().decode())' "$1"; }

# until_it_says ANSWER COMMAND...: asked again for at most 30 s, as a service takes a moment to be there.
until_it_says() {
    local wanted=$1 got="" tries
    shift
    for ((tries = 0; tries < 300; ++tries)); do
        got=$("$@" 2>"$scratch/asked") && [[ $got == "$wanted" ]] && return 0
        sleep 0.1
    done
    cat "$scratch/asked" >&2
    fail "this said \"$got\" and not \"$wanted\": $*"
}

# deploy_and_ask PROJECT: a function, with a node of `mote up`.
deploy_and_ask() {
    (cd "$work/$1" && quietly "$mote" deploy -f stack.yml --credentials "$scratch/state/credentials")
    until_it_says "Hello, Ada!" "$mote" invoke "$1" Ada
}

# ask_worker WORDS COMMAND...: runs the worker, and has `mote req WORDS` send a letter, which is delivered.
ask_worker() {
    local tries
    "${@:2}" >"$scratch/delivered" &
    started+=($!)
    # Without its stream nobody takes it.
    for ((tries = 0; tries < 300; ++tries)); do
        # shellcheck disable=SC2086
        ! "$mote" req $1 '{"to": "Ada", "text": "Hello!"}' >"$scratch/asked" 2>&1 || break
        sleep 0.1
    done
    until_it_says "to Ada: Hello!" head -1 "$scratch/delivered"
    end_service
}

test_cpp() {
    need cmake "$compiler" python3
    make plain
    make typed --typed
    make worker --worker
    make cpp-function --function
    make routes --http
    # All in one, so that CMake looks for compiler and library once. -O0: nothing here is about speed.
    local project
    {
        printf 'cmake_minimum_required(VERSION 3.25)\nproject(projects LANGUAGES CXX)\nenable_testing()\n'
        for project in plain typed worker cpp-function routes; do printf 'add_subdirectory(../%s %s)\n' $project $project; done
    } >"$scratch/CMakeLists.txt"
    mkdir -p "$work/all"
    cmp -s "$scratch/CMakeLists.txt" "$work/all/CMakeLists.txt" || cp "$scratch/CMakeLists.txt" "$work/all/"
    quietly cmake -S "$work/all" -B "$work/all/build" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_FLAGS="-O0 -Werror $CXXFLAGS"
    quietly cmake --build "$work/all/build" -j2
    quietly ctest --test-dir "$work/all/build" -j2 --output-on-failure --no-tests=error
    [[ $(grep -c 'Passed' "$scratch/log") == 5 ]] || fail "not every project has a test: $(cat "$scratch/log")"

    # Without GoogleTest there is a warning, and no test.
    quietly cmake -S "$work/plain" -B "$scratch/plain" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_DISABLE_FIND_PACKAGE_GTest=ON
    grep -q 'GoogleTest is not installed' "$scratch/log" || fail "nothing is said of GoogleTest: $(cat "$scratch/log")"

    start_platform
    run_service "$work/all/build/plain/bin/plain"
    until_it_says "Hello, World!" "$mote" req plain greet World
    end_service
    run_service "$work/all/build/typed/bin/typed"
    until_it_says '{"text":"Hello, Ada!","century":19}' "$mote" req typed greet '{"name": "Ada", "born": 1815}'
    end_service
    ask_worker "worker send" "$work/all/build/worker/bin/worker"
    run_service "$work/all/build/routes/bin/routes"
    until_it_says '{"text":"Hello, Ada!"}' fetch "$OPENFAAS_URL/routes/greet/Ada"
    end_service
    deploy_and_ask cpp-function
}

test_python() {
    need python3
    python3 -c 'import ensurepip, venv' 2>/dev/null || need "Python's venv"
    make py-plain --lang python
    make py-routes --http --lang python
    make py-worker --worker --lang python
    make py-function --function --lang python
    (cd "$work/py-plain" && quietly sh setup.sh && quietly .venv/bin/python -m unittest)
    local python=$work/py-plain/.venv/bin/python # the same packages
    (cd "$work/py-routes" && quietly "$python" -m unittest)
    (cd "$work/py-worker" && quietly "$python" -m unittest)
    (cd "$work/py-function" && quietly python3 -m unittest)
    start_platform
    run_project py-plain
    until_it_says "Hello, World!" "$mote" req py-plain greet World
    end_service
    run_service env -C "$work/py-routes" "$python" main.py
    until_it_says '{"text": "Hello, Ada!"}' fetch "$OPENFAAS_URL/py-routes/greet/Ada"
    end_service
    ask_worker py-worker.send env -C "$work/py-worker" "$python" main.py
    deploy_and_ask py-function
}

test_go() {
    need go python3
    make go-plain --lang go
    make go-routes --http --lang go
    make go-worker --worker --lang go
    make go-function --function --lang go
    local project
    for project in go-plain go-routes go-worker; do
        (cd "$work/$project" && quietly go build -o "bin/$project" . && quietly go vet ./... && quietly go test ./...)
    done
    (cd "$work/go-function" && quietly sh build.sh && quietly go test ./...)
    start_platform
    run_project go-plain
    until_it_says "Hello, World!" "$mote" req go-plain greet World
    end_service
    run_service "$work/go-routes/bin/go-routes"
    until_it_says '{"text":"Hello, Ada!"}' fetch "$OPENFAAS_URL/go-routes/greet/Ada"
    end_service
    ask_worker go-worker.send "$work/go-worker/bin/go-worker"
    deploy_and_ask go-function
}

test_js() {
    need node npm python3
    make js-plain --lang js
    make js-routes --http --lang js
    make js-worker --worker --lang js
    make js-function --function --lang js
    (cd "$work/js-plain" && quietly npm install --silent --no-audit --no-fund && quietly npm test)
    ln -sfn ../js-plain/node_modules "$work/js-routes/node_modules" # the same packages
    (cd "$work/js-routes" && quietly npm test)
    (cd "$work/js-worker" && quietly npm install --silent --no-audit --no-fund && quietly npm test)
    (cd "$work/js-function" && quietly node --test)
    start_platform
    run_project js-plain
    until_it_says "Hello, World!" "$mote" req js-plain greet World
    end_service
    run_service env -C "$work/js-routes" node main.js
    until_it_says '{"text":"Hello, Ada!"}' fetch "$OPENFAAS_URL/js-routes/greet/Ada"
    end_service
    ask_worker js-worker.send env -C "$work/js-worker" node main.js
    deploy_and_ask js-function
}

case $what in
install)
    mkdir -p "$work"
    quietly cmake --install "$build" --prefix "$prefix"
    ;;
cpp) test_cpp ;;
first_answer)
    need cmake "$compiler"
    "$here/first_answer.sh" "$prefix" | tee "$scratch/times"
    # Generous: the machine may be busy. bench/run new has the true figure.
    [[ -n $sanitizers ]] || awk '$1 == "answer" { answered = 1; if ($2 > 120) late = 1 } END { exit !answered || late }' "$scratch/times" ||
        fail "it took more than two minutes"
    ;;
python) test_python ;;
go) test_go ;;
js) test_js ;;
*) fail "no test \"$what\"" ;;
esac
