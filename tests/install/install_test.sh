#!/usr/bin/env bash
# Installs the build tree into a prefix of its own, and uses it as an outside project would: with find_package(mote), with
# pkg-config, and by running what was built. Exit code 77: there is no nats-server to run it against.
#   usage: install_test.sh BUILD_DIRECTORY CXX_COMPILER [SANITIZERS]
set -euo pipefail
build=$1 compiler=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
echo_source=$here/../../examples/01_echo.cpp
flags=(-O0)
[[ -z ${3:-} ]] || flags+=("-fsanitize=$3")

scratch=$(mktemp -d)
prefix=$scratch/prefix
started=()
finish() {
    ((${#started[@]} == 0)) || kill "${started[@]}" 2>/dev/null || true
    wait
    rm -rf "$scratch"
}
trap finish EXIT
fail() {
    printf 'install_test: %s\n' "$1" >&2
    exit 1
}

server=$(PATH=$PATH:/usr/local/bin:/usr/sbin command -v "${MOTE_TEST_NATS_SERVER:-nats-server}") || {
    echo 'install_test: needs nats-server' >&2
    [[ -z ${CI:-} ]] || exit 1
    exit 77
}

cmake --install "$build" --prefix "$prefix" >"$scratch/install.log" 2>&1 || {
    cat "$scratch/install.log" >&2
    fail "cmake --install failed (build everything first)"
}

# Where Debian's shells and man look for them.
if [[ -x $prefix/bin/mote ]]; then
    for file in share/bash-completion/completions/mote share/zsh/vendor-completions/_mote share/fish/vendor_completions.d/mote.fish \
        share/man/man1/mote.1.gz share/man/man1/mote-ls.1.gz share/man/man1/mote-context.1.gz; do
        [[ -s $prefix/$file ]] || fail "$file is not installed"
    done
    bash -n "$prefix/share/bash-completion/completions/mote" || fail "bash does not take the completion"
fi

# Nothing private is there, but what a public header includes; and what headers include is there.
cd "$prefix/include"
headers=$(find mote -name '*.hpp' | sort)
[[ -n $headers ]] || fail "no headers are installed"
for header in $headers; do
    sed -nE 's,^#include <(mote/[^>]*)>.*,\1,p' "$header" | while read -r included; do
        [[ -f $included ]] || fail "$header includes $included, which is not installed"
    done || exit 1
    if [[ $header =~ /(detail|protocol)/ ]]; then
        grep -rqF "#include <$header>" mote || fail "$header is installed, and no public header includes it"
    fi
done
private=$(find mote -path '*/detail/*' -o -path '*/protocol/*' | grep '\.hpp$' | sort | tr '\n' ' ')
expected=$(printf 'mote/json/detail/%s.hpp ' form members place reader schema_builder time writer
    printf 'mote/micro/detail/%s.hpp ' call call_owner handler_form make_handler send_stream stream_source)
[[ $private == "$expected" ]] || fail "private headers are installed: $private"
cd "$scratch"

# All headers together, in both orders. That each compiles alone is a part of the build.
for order in sort 'sort -r'; do
    $order <<<"$headers" | sed 's/.*/#include <&>/' >"$scratch/${order/ /}.cpp"
done
pkg_config() { PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name mote.pc)") pkg-config "$@"; }
[[ $(pkg_config --cflags mote) == *"-I$(realpath "$prefix")/include"* ||
    $(realpath "$(pkg_config --variable=includedir mote)") == $(realpath "$prefix/include") ]] ||
    fail "mote.pc names another place: $(pkg_config --cflags mote)"
read -ra pc_cflags <<<"$(pkg_config --cflags mote)"
read -ra pc_libs <<<"$(pkg_config --libs mote)"

# The compilations, two at a time: headers and pkg-config beside the CMake project.
(
    for order in sort sort-r; do
        "$compiler" -std=c++20 -fsyntax-only -Wall -Wextra -Werror "${pc_cflags[@]}" "$scratch/$order.cpp" ||
            fail "the installed headers do not compile"
    done
    "$compiler" -std=c++20 "${flags[@]}" "${pc_cflags[@]}" "$here/outside/visit.cpp" -o "$scratch/visit-pkg-config" \
        "${pc_libs[@]}" || fail "the project with pkg-config does not build"
) &
with_pkg_config=$!
{
    cmake -S "$here/outside" -B "$scratch/outside" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_COMPILER="$compiler" \
        -DCMAKE_CXX_FLAGS="${flags[*]}" -DECHO_SOURCE="$echo_source" &&
        cmake --build "$scratch/outside"
} >"$scratch/outside.log" 2>&1 || {
    cat "$scratch/outside.log" >&2
    fail "the project with find_package(mote) does not build"
}
wait "$with_pkg_config" || exit 1

# A test with the installed fixture, which starts its own server.
MOTE_TEST_NATS_SERVER=$server "$scratch/outside/tested" >"$scratch/tested.log" 2>&1 || {
    cat "$scratch/tested.log" >&2
    fail "the test with mote::testing fails"
}
grep -qF '[  PASSED  ] 2 tests' "$scratch/tested.log" || fail "the test with mote::testing did not run: $(cat "$scratch/tested.log")"

# The five-line service serves, and both other programs find it, on a server of our own.
"$server" -a 127.0.0.1 -p -1 -js -sd "$scratch/store" --ports_file_dir "$scratch" >"$scratch/server.log" 2>&1 &
started+=($!)
ports=$scratch/$(basename "$server")_${started[0]}.ports
for ((tries = 0; tries < 400; ++tries)); do
    [[ -s $ports ]] && break
    kill -0 "${started[0]}" 2>/dev/null || break
    sleep 0.05
done
[[ -s $ports ]] || { cat "$scratch/server.log" >&2; fail "nats-server did not start"; }
unset "${!NATS_@}"
export XDG_CONFIG_HOME=$scratch NATS_URL
NATS_URL=$(grep -oE 'nats://127\.0\.0\.1:[0-9]+' "$ports" | head -1)
"$scratch/outside/echo" &
started+=($!)
for program in "$scratch/outside/visit" "$scratch/visit-pkg-config"; do
    [[ $("$program") == "all of mote works" ]] || fail "$program failed"
done
kill -TERM "${started[1]}"
wait "${started[1]}" || fail "the echo service ended with $?"
unset 'started[1]'
echo "installed, built twice, served"
