#!/usr/bin/env bash
# Makes the Debian packages of a build tree, takes them apart, and runs what their services say they run.
#   usage: package_test.sh BUILD_DIRECTORY
# Exit code 77, with the reason: a tool is missing. With CI set that is a failure.
set -euo pipefail
build=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/package/parts.sh
source "$here/parts.sh"
needs dpkg-deb dpkg-shlibdeps cpack systemd-analyze
server=$(PATH=$PATH:/usr/local/bin:/usr/sbin command -v "${MOTE_TEST_NATS_SERVER:-nats-server}") || skip 'needs nats-server'

scratch=$(mktemp -d)
started=()
finish() {
    ((${#started[@]} == 0)) || kill "${started[@]}" 2>/dev/null || true
    wait
    rm -rf "$scratch"
}
trap finish EXIT

mkdir "$scratch/made"
cpack --config "$build/CPackConfig.cmake" -B "$scratch/made" >"$scratch/cpack.log" 2>&1 || {
    cat "$scratch/cpack.log" >&2
    fail 'cpack failed (build everything first)'
}
command_deb=$(ls "$scratch"/made/mote_*.deb)
library_deb=$(ls "$scratch"/made/libmote-dev_*.deb)
dpkg-deb -x "$command_deb" "$scratch/mote"
dpkg-deb -x "$library_deb" "$scratch/dev"

says 'each package says what it is and needs'
version=$("$scratch/mote/usr/bin/mote" --version)
for deb in "$command_deb" "$library_deb"; do
    [[ $(dpkg-deb -f "$deb" Version) == "${version##* }-1" ]] || fail "$deb is not of version $version"
    [[ -n $(dpkg-deb -f "$deb" Maintainer) && -n $(dpkg-deb -f "$deb" Description) ]] || fail "$deb has no description"
done
depends=$(dpkg-deb -f "$command_deb" Depends)
for library in libc6 libstdc++6 libssl3 libcurl4 libarchive13 libyaml-cpp0.7 systemd; do
    [[ $depends == *"$library "* ]] || fail "mote does not depend on $library: $depends"
done
for library in libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libssl-dev libarchive-dev zlib1g-dev; do
    [[ $(dpkg-deb -f "$library_deb" Depends) == *"$library"* ]] || fail "libmote-dev does not depend on $library"
done

says 'each file is in its package, and in no other'
cat >"$scratch/mote.files" <<'END'
/etc/mote/gateway.env
/etc/mote/node.env
/usr/bin/hackernews
/usr/bin/mote
/usr/lib/systemd/system/mote-gateway.service
/usr/lib/systemd/system/mote-node.service
/usr/lib/sysusers.d/mote.conf
/usr/share/doc/mote/README.md
/usr/share/doc/mote/changelog.Debian.gz
/usr/share/doc/mote/changelog.gz
/usr/share/doc/mote/copyright
END
files_in "$scratch/mote" | grep -vE '^/usr/share/(doc/mote/guide|man|bash-completion|zsh|fish)/' |
    diff "$scratch/mote.files" - >&2 || fail 'mote has other files than it should have (< and >)'
other=$(files_in "$scratch/dev" | grep -vE '^/usr/(include/mote/|lib/libmote_[a-z]+\.a$|lib/cmake/mote/)' || true)
[[ $other == "/usr/lib/pkgconfig/mote.pc
/usr/share/doc/libmote-dev/changelog.Debian.gz
/usr/share/doc/libmote-dev/copyright" ]] || fail "libmote-dev has other files than it should have: $other"
cmake --install "$build" --component development --prefix "$scratch/whole/usr" >/dev/null
diff <(files_in "$scratch/whole" | grep '\.\(hpp\|cmake\|a\|pc\)$') \
    <(files_in "$scratch/dev" | grep '\.\(hpp\|cmake\|a\|pc\)$') >&2 || fail 'libmote-dev lacks what is installed'
[[ -z $(files_in "$scratch/whole" | grep -E '^/usr/(bin|lib/systemd)|^/etc' || true) ]] || fail 'libraries and programs are mixed'
[[ $(stat -c %a "$scratch/mote/etc/mote/credentials/node") == 700 ]] || fail 'credentials are not for root alone'
[[ $(dpkg-deb --ctrl-tarfile "$command_deb" | tar -xO ./conffiles) == "/etc/mote/gateway.env
/etc/mote/node.env" ]] || fail 'the settings are not kept over an upgrade'

says 'programs and libraries have no debug information, and find their shared libraries'
for program in mote hackernews; do
    file=$scratch/mote/usr/bin/$program
    ! readelf -SW "$file" | grep -qE '\.(debug_info|symtab)' || fail "$program is not stripped"
    ! ldd "$file" | grep -F 'not found' >&2 || fail "$program lacks a library"
    ! readelf -dW "$file" | grep -E 'R(UN)?PATH' >&2 || fail "$program looks for libraries in the build tree"
done
for library in "$scratch"/dev/usr/lib/*.a; do
    ! readelf -SW "$library" | grep -q '\.debug_info' || fail "$library is not stripped"
done
for name in $(sed -n 's/^Libs: //p' "$scratch/dev/usr/lib/pkgconfig/mote.pc" | grep -oE 'mote_[a-z]+'); do
    [[ -f $scratch/dev/usr/lib/lib$name.a ]] || fail "mote.pc names lib$name.a, which is not there"
done

says 'lintian finds no error'
if command -v lintian >/dev/null; then
    lintian --allow-root --fail-on error "$command_deb" "$library_deb" >"$scratch/lintian.log" 2>&1 || {
        grep '^E:' "$scratch/lintian.log" >&2
        fail 'lintian has found errors'
    }
elif [[ -n ${CI:-} ]]; then
    fail 'lintian is not installed, and CI is set'
else
    echo 'package_test: lintian is not installed: not asked' >&2
fi

says 'the scripts of the package are scripts of sh'
dpkg-deb -e "$command_deb" "$scratch/control"
for script in postinst prerm postrm; do
    sh -n "$scratch/control/$script"
    [[ -x $scratch/control/$script ]] || fail "$script cannot be run"
done

says 'systemd takes the units, and calls them hardened'
# verify looks for the programs below the root, and wants the targets that the units name.
cp -r /usr/lib/systemd/system/. "$scratch/mote/usr/lib/systemd/system/" 2>/dev/null || true
for unit in mote-gateway mote-node; do
    said=$(systemd-analyze verify --man=no --recursive-errors=no --root="$scratch/mote" "$unit.service" 2>&1) ||
        fail "systemd-analyze verify: $said"
    [[ $said != *"$unit"* ]] || fail "systemd-analyze verify: $said"
done
# The exposure, in tenths: 0 is none, 100 all.
for bound in mote-gateway:20 mote-node:40; do
    systemd-analyze security --offline=true --threshold="${bound#*:}" --no-pager \
        "$scratch/mote/usr/lib/systemd/system/${bound%:*}.service" >"$scratch/security.log" 2>&1 || {
        tail -1 "$scratch/security.log" >&2
        fail "${bound%:*} is exposed by more than ${bound#*:} tenths"
    }
    grep -F 'Overall exposure' "$scratch/security.log"
done

says 'the commands of the units serve'
"$server" -a 127.0.0.1 -p -1 -js -sd "$scratch/store" --ports_file_dir "$scratch" >"$scratch/server.log" 2>&1 &
started+=($!)
ports=$scratch/$(basename "$server")_${started[0]}.ports
until_there "$ports" "${started[0]}" || { cat "$scratch/server.log" >&2; fail 'nats-server did not start'; }
unset "${!NATS_@}"
NATS_URL=$(grep -oE 'nats://127\.0\.0\.1:[0-9]+' "$ports" | head -1)
export NATS_URL XDG_CONFIG_HOME=$scratch/config PATH=$scratch/mote/usr/bin:$PATH
# As systemd would: the variables of the unit, and words for the one without braces.
start_unit() {
    local unit=$1 options=$2 line
    line=$(sed -n 's/^ExecStart=//p' "$scratch/mote/usr/lib/systemd/system/$unit.service")
    [[ $line == /usr/bin/mote\ * ]] || fail "$unit runs something else: $line"
    mkdir -p "$scratch/state/$unit"
    line=${line/'${STATE_DIRECTORY}'/$scratch/state/$unit}
    line=${line/'$MOTE_GATEWAY_OPTIONS'/$options}
    line=${line/'$MOTE_NODE_OPTIONS'/$options}
    [[ $line != *'$'* ]] || fail "$unit has a variable that this test does not know: $line"
    read -ra words <<<"$scratch/mote$line"
    "${words[@]}" >"$scratch/$unit.out" 2>"$scratch/$unit.err" &
    started+=($!)
    until_there "$scratch/$unit.out" "$!" || { cat "$scratch/$unit.err" >&2; fail "$unit did not start"; }
}
start_unit mote-node ''
start_unit mote-gateway '--listen 127.0.0.1:0 --operate-listen none'
gateway=$(head -1 "$scratch/mote-gateway.out")
mote deploy shout --image functions/alpine --fprocess 'tr a-z A-Z' --gateway "$gateway" \
    --credentials "$scratch/state/mote-gateway/credentials" >"$scratch/deploy.log" 2>&1 || {
    cat "$scratch/deploy.log" "$scratch"/mote-*.err >&2
    fail 'a function cannot be deployed'
}
answer=$(mote invoke shout hello --gateway "$gateway")
[[ $answer == HELLO ]] || fail "the function answers: $answer"
for process in "${started[2]}" "${started[1]}"; do
    kill -TERM "$process"
    wait "$process" || fail "a service ended with $? after SIGTERM"
done
unset 'started[2]' 'started[1]'
echo "package_test: both packages are sound"
