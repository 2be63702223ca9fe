#!/usr/bin/env bash
# Shows that layers.sh finds nothing in a small sound tree, and finds each kind of breach in it.
set -euo pipefail
layers=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/layers.sh
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
cd "$tree"
failures=0
expected=()

# A module with a public and a private header.
add_module() {
    local name=$1
    shift
    mkdir -p "mote/$name/detail"
    printf 'mote_module(\n    NAME %s\n    PUBLIC_HEADERS\n        %s.hpp\n    SOURCES\n        %s.cpp\n)\n' "$name" "$name" "$name" \
        >"mote/$name/CMakeLists.txt"
    printf '#pragma once\n' >"mote/$name/detail/inner.hpp"
    printf 'Short.\n' >"mote/$name/README.md"
    printf '#pragma once\n' >"mote/$name/$name.hpp"
    printf '#include <mote/%s/detail/inner.hpp>\n' "$name" >"mote/$name/$name.cpp"
    local used
    for used in "$@"; do printf '#include <mote/%s/%s.hpp>\n' "$used" "$used" >>"mote/$name/$name.hpp"; done
}

sound_tree() {
    find . -mindepth 1 -delete
    add_module nats
    add_module jetstream nats
    add_module kv jetstream nats
    add_module objects jetstream
    add_module micro nats
    add_module http
    add_module testing
    sed -i 's,        micro.hpp,        ../micro.hpp\n        micro.hpp\n        detail/call.hpp,' mote/micro/CMakeLists.txt
    printf '#include <mote/nats/nats.hpp>\n' >mote/micro/detail/call.hpp
    printf '#include <mote/micro/micro.hpp>\n#include <mote/micro/detail/call.hpp>\n' >mote/micro.hpp
    mkdir -p apps/hackernews examples tests/support docs/guide
    printf '#include <apps/hackernews/post.hpp>\n#include <mote/micro.hpp>\n' >apps/hackernews/main.cpp
    printf '#include <mote/micro.hpp>\n\nint main() {}\n' >examples/01.cpp
    printf '#include <tests/support/process.hpp>\n#include <mote/testing/testing.hpp>\n' >tests/support/a.cpp
    printf '#include <tests/support/process.hpp>\nTEST_F(examples, one_runs) {}\n' >examples/examples_test.cpp
    printf 'Some text.\n\n```cpp\nint main() {}\n```\n' >README.md
    printf '[one_runs](../examples/examples_test.cpp) [web](https://nats.io) [rules](#rules) [here](../README.md#top)\n' >docs/a.md
    printf '```cpp 01.cpp\nint main() {}\n```\n' >docs/guide/quotes.md
    for ((line = 1; line <= 400; ++line)); do echo; done >tests/long.cpp
}

# expect TEXT: one breach more in the tree as it is now, whose line has TEXT.
expect() { expected+=("$1"); }

# The tree has the breaches that are expected, one line each, and no other. Leaves a sound tree.
verify() {
    local output code=0 text
    output=$("$layers" .) || code=$?
    for text in "${expected[@]}"; do
        if [[ $code != 1 || $(grep -cF -- "$text" <<<"$output") != 1 ]]; then
            printf 'not found (exit code %s): %s\n' "$code" "$text"
            failures=$((failures + 1))
        fi
    done
    if [[ $(wc -l <<<"$output") != "${#expected[@]}" ]]; then
        printf '%s breaches expected, found:\n%s\n' "${#expected[@]}" "$output"
        failures=$((failures + 1))
    fi
    expected=()
    sound_tree
}

append() { printf '%s\n' "$2" >>"$1"; }

sound_tree
output=$("$layers" .) || { printf 'a sound tree has breaches:\n%s\n' "$output"; exit 1; }

append mote/nats/nats.cpp '#include <mote/jetstream/jetstream.hpp>'
expect 'mote/nats/nats.cpp:2: nats must not include jetstream'
append mote/kv/kv.cpp '#include <mote/objects/objects.hpp>'
expect 'kv must not include objects'
append mote/objects/objects.hpp '#include <mote/kv/kv.hpp>'
expect 'objects must not include kv'
append mote/micro/micro.cpp '  # include <mote/objects/objects.hpp>'
expect 'micro must not include objects'
append mote/micro/micro.cpp '#include "mote/kv/kv.hpp"'
expect 'micro must not include kv'
append mote/http/http.cpp '#include <mote/nats/nats.hpp>'
expect 'http must not include nats'
append mote/kv/kv.cpp '#include <mote/micro.hpp>'
expect 'kv must not include micro'
append mote/micro.hpp '#include <mote/http/http.hpp>'
expect 'mote/micro.hpp:3: micro must not include http'
append mote/kv/kv.cpp '#include <mote/nats/detail/inner.hpp>'
expect 'mote/nats/detail/inner.hpp is private to nats'
append mote/kv/kv.cpp '#include <tests/support/process.hpp>'
expect 'the library includes tests/support/process.hpp'
add_module gossip
expect 'mote/gossip:1: a module that layers.sh does not know'
verify

append mote/nats/nats.hpp '#include <boost/asio/experimental/channel.hpp>'
expect 'mote/nats/nats.hpp:2: asio::experimental in a public header'
append mote/micro/detail/call.hpp '    boost::asio::experimental::channel<void()> channel_;'
expect 'mote/micro/detail/call.hpp:2: asio::experimental in a public header'
append mote/nats/nats.hpp '#include <mote/nats/detail/inner.hpp>'
expect 'a public header includes mote/nats/detail/inner.hpp, which is not installed'
sed -i 's,        kv.hpp,        kv.hpp\n        gone.hpp\n        detail/inner.hpp,' mote/kv/CMakeLists.txt
expect 'mote/kv/detail/inner.hpp:1: private, but in PUBLIC_HEADERS'
expect 'mote/kv/gone.hpp:1: a public header that does not exist'
sed -i '/PUBLIC_HEADERS/d' mote/http/CMakeLists.txt
expect 'mote/http/CMakeLists.txt:1: no PUBLIC_HEADERS'
verify

append apps/hackernews/main.cpp '#include <mote/nats/detail/inner.hpp>'
expect 'apps/hackernews includes mote/nats/detail/inner.hpp'
append apps/hackernews/main.cpp '#include <tests/support/process.hpp>'
expect 'apps/hackernews includes tests/support/process.hpp'
append examples/01.cpp '#include <mote/kv/detail/inner.hpp>'
expect 'examples includes mote/kv/detail/inner.hpp'
append tests/support/a.cpp '#include <mote/nats/nats.hpp>'
expect 'tests/support/a.cpp:3: tests/support includes mote/nats/nats.hpp'

rm mote/nats/README.md
expect 'mote/nats/README.md:1: missing'
for ((line = 1; line <= 30; ++line)); do append mote/kv/README.md more; done
expect 'mote/kv/README.md:31: more than 30 lines'
append tests/long.cpp ''
expect 'tests/long.cpp:401: more than 400 lines'

append README.md 'pip install --index-url https://py''pi.org/simple mote'
expect 'README.md:6:py''pi.org: names a package registry'
append apps/hackernews/main.cpp '// from docker''.io/library/nats'
expect 'docker''.io: names a package registry'
append examples/01.cpp 'const char* path = "/ro''ot/build";'
expect 'examples/01.cpp:5:"/ro''ot/: names a path of one machine'
append tests/support/a.cpp '// see /wo''rk/notes.md'
expect 'tests/support/a.cpp:4: /wo''rk/: names a path of one machine'
append README.md 'The logs are in /ho''me/somebody.'
expect 'README.md:7: /ho''me/somebody.: names a path of one machine'

append README.md $'```cpp\nint main() { return 1; }\n```'
expect 'README.md:8: this code is in none of the examples'
printf '```cpp\nmain() {}\n```\n' >docs/guide/a.md
expect 'docs/guide/a.md:1: this code is in none of the examples'
printf '#include <mote/micro.hpp>\nint other() {}\n' >examples/02.cpp
append docs/guide/quotes.md $'```cpp 02.cpp\nint main() {}\n```'
expect 'docs/guide/quotes.md:4: this code is not in 02.cpp'
append docs/guide/quotes.md $'```cpp 03.cpp\nint main() {}\n```'
expect 'docs/guide/quotes.md:7: this code is not in 03.cpp'
append docs/a.md '[gone](guide/gone.md) and [text](../examples/examples_test.cpp)'
expect 'docs/a.md:2: links to guide/gone.md, which is not there'
expect 'docs/a.md:2: ../examples/examples_test.cpp has no test text'
append docs/a.md '[runs](../examples/examples_test.cpp)'
expect 'docs/a.md:3: ../examples/examples_test.cpp has no test runs'
append mote/http/README.md '[gone](gone.hpp)'
expect 'mote/http/README.md:2: links to gone.hpp'
verify

((failures == 0)) || exit 1
echo 'layers.sh finds what it should'
