#!/usr/bin/env bash
# Installs the packages into a fresh Debian, boots it with systemd, lets its services serve, builds an outside project there, and
# takes all away again. `./dev package --test` runs it. Needs root, and the machine's own Debian mirror; nothing of the machine is
# changed, and the Debian has no network once it is made.
#   usage: fresh_root_test.sh DIRECTORY_OF_PACKAGES
# Exit code 77, with the reason: this machine cannot do it. With CI set that is a failure.
set -euo pipefail
packages=$(realpath "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/package/parts.sh
source "$here/parts.sh"
((EUID == 0)) || skip 'needs root, to make a system of its own'
needs mmdebstrap systemd-nspawn nsenter

scratch=$(mktemp -d)
system=$scratch/system
debs=("$packages"/mote_*.deb "$packages"/libmote-dev_*.deb)
debs=("${debs[@]/#$packages//packages}")  # as the system has them
booted=
groups=()
finish() {
    [[ -z $booted ]] || halt
    rm -rf "$scratch"
    ((${#groups[@]} == 0)) || find "${groups[@]}" -depth -type d -exec rmdir {} +
}
trap finish EXIT

# The sources of Debian's own packages that this machine has.
debian_sources() {
    local file
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
        [[ -f $file ]] && grep -qE '^[^#]*(debian-archive-keyring|debian(-security)?[/ ]+'"$codename"')' "$file" && echo "$file"
    done || true
}

# With the packages that ours need, and those of the tests; not yet with ours.
make_system() {
    local sources options=() line
    codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
    sources=$(debian_sources)
    [[ -n $sources ]] || skip 'apt has no sources of Debian here'
    while read -r line; do options+=(--aptopt="$line"); done < <(apt-config dump | grep -E '^Acquire::https?::Proxy' || true)
    # shellcheck disable=SC2086
    mmdebstrap --quiet --variant=minbase "${options[@]}" --aptopt='APT::Install-Recommends "false"' \
        --aptopt='Acquire::Languages "none"' --dpkgopt=force-unsafe-io "$codename" "$system" $sources ||
        skip 'mmdebstrap cannot make a Debian here'
    mkdir "$system/packages"
    cp "${debs[@]/#\/packages/$packages}" "$system/packages/"
    dpkg-deb -e "$system${debs[0]}" "$system/packages/control"
    printf '#!/bin/sh\nexit 101\n' >"$system/usr/sbin/policy-rc.d"
    chmod +x "$system/usr/sbin/policy-rc.d"
    {
        apt_get update &&
            needed=$(apt_get -s install "${debs[@]}" | awk '$1 == "Inst" && $2 !~ /mote/ { print $2 }') &&
            apt_get install -y ${needed//$'\n'/ } bubblewrap cmake curl g++ make nats-server pkg-config
    } >"$scratch/apt.log" 2>&1 || {
        tail -5 "$scratch/apt.log" >&2
        fail 'what the packages need cannot be installed'
    }
    rm "$system/usr/sbin/policy-rc.d"
}

apt_get() { chroot "$system" env DEBIAN_FRONTEND=noninteractive apt-get -q "$@"; }

# Groups of its own for the system, in each hierarchy that systemd uses, so that what it leaves there can be found again.
make_groups() {
    local base own
    for base in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
        case $(stat -fc %T "$base" 2>/dev/null) in
        cgroup2fs) own=$(sed -n 's/^0:://p' /proc/self/cgroup) ;;
        cgroupfs) own=$(sed -n 's/^[0-9]*:name=systemd://p' /proc/self/cgroup) ;;
        *) continue ;;
        esac
        mkdir "$base${own%/}/mote-package-$$" || skip 'cgroups cannot be made here'
        groups+=("$base${own%/}/mote-package-$$")
    done
}

boot() {
    make_groups
    (
        for group in "${groups[@]}"; do echo "$BASHPID" >"$group/cgroup.procs"; done
        exec systemd-nspawn --quiet --boot --private-network --register=no --keep-unit -D "$system"
    ) </dev/null >"$scratch/boot.log" 2>&1 &
    booted=$!
    local tries
    for ((tries = 0; tries < 600; ++tries)); do
        first=$(pgrep -P "$booted" | head -1 || true)
        [[ -z $first ]] || ! inside systemctl is-active --quiet multi-user.target 2>/dev/null || return 0
        kill -0 "$booted" 2>/dev/null || break
        sleep 0.1
    done
    cat "$scratch/boot.log" >&2
    skip 'systemd cannot be booted in a container here'
}

halt() {
    kill -TERM "$booted" 2>/dev/null || true
    wait "$booted" || true
    booted=
}

inside() { nsenter --target "$first" --all env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive HOME=/ "$@"; }

# eventually SECONDS WHAT COMMAND...: until it succeeds.
eventually() {
    local tries=$(($1 * 10)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        ((--tries > 0)) || { journal; fail "$what"; }
        sleep 0.1
    done
}

journal() { inside journalctl --no-pager -n 40 -u mote-gateway -u mote-node -u nats-server >&2 || true; }

# What the system has now, but for what Debian itself writes as it goes: notes of dpkg and apt, logs, copies of /etc/passwd.
files_of_system() {
    files_in "$system" | grep -vE '^/(dev|proc|sys|run|tmp|packages|var/(cache|log|tmp|lib/(apt|dpkg|nats|systemd)))/' |
        grep -vE '^/etc/((passwd|group|shadow|gshadow)-|\.pwd\.lock|\.updated)$|^/var/lib/private$'
}

says 'a fresh Debian, with what the packages need'
make_system
[[ " $(tr '\n' ' ' <<<"$needed") " == *' systemd '* ]] || fail "mote did not ask for systemd: $needed"
boot
files_of_system >"$scratch/before"

says 'both packages are installed'
inside apt-get -q -y install "${debs[@]}" >"$scratch/install.log" 2>&1 ||
    { cat "$scratch/install.log" >&2; fail 'apt-get install failed'; }
version=$(dpkg-deb -f "$system${debs[0]}" Version)
[[ "$(inside mote --version)" == *"${version%-*}" ]] || fail "mote --version says: $(inside mote --version)"
inside id mote-gateway mote-node >/dev/null || fail 'the users of the services are not there'
inside /packages/control/postinst configure '' || fail 'postinst cannot be run twice'
[[ $(inside systemctl is-active mote-node mote-gateway || true) == $'inactive\ninactive' ]] ||
    fail 'a service was started that nobody asked for'

says 'node and gateway serve, hardened, with logins that only root reads'
cat >"$system/etc/nats-server.conf" <<'END'
listen: 127.0.0.1:4222
jetstream { store_dir: /var/lib/nats }
authorization { users: [ { user: node, password: "of the node" }, { user: gateway, password: "of the gateway" } ] }
END
install -d -o "$(inside id -u nats)" -g "$(inside id -g nats)" "$system/var/lib/nats"
for service in node gateway; do
    printf 'of the %s' "$service" >"$system/etc/mote/credentials/$service/password"
    chmod 600 "$system/etc/mote/credentials/$service/password"
    printf 'NATS_USER=%s\nNATS_PASSWORD=file:///run/credentials/mote-%s.service/nats_password\n' "$service" "$service" \
        >>"$system/etc/mote/$service.env"
done
inside systemctl restart nats-server
inside systemctl start mote-node mote-gateway || { journal; fail 'the services do not start'; }
eventually 60 'the gateway is not healthy' inside curl -sf 127.0.0.1:8080/healthz
login=admin:$(<"$system/var/lib/mote/gateway/credentials/basic-auth-password")
deployed='{"service":"shout","image":"functions/alpine","envProcess":"tr a-z A-Z"}'
eventually 60 'a function cannot be deployed' inside curl -sf -u "$login" 127.0.0.1:8080/system/functions -d "$deployed"
shouts() { [[ $(inside curl -s -d hello 127.0.0.1:8080/function/shout) == HELLO ]]; }
eventually 60 'the function does not answer' shouts
about=$(inside curl -s -u "$login" 127.0.0.1:8080/system/function/shout)
[[ $about == *'"sandbox":"bubblewrap'* ]] || fail "the function is in no sandbox: $about"
says "held by $(grep -oE '"limits":"[a-z0-9 ]+"' <<<"$about" | tail -1)"
[[ $(inside stat -c '%U %a' /var/lib/mote/node/sealing.key) == 'mote-node 600' ]] || fail 'others can read the sealing key'
! inside setpriv --reuid mote-gateway --regid mote-gateway --clear-groups cat /var/lib/mote/node/sealing.key 2>/dev/null ||
    fail "the gateway's user can read the sealing key"

says 'what is installed again is restarted, and keeps its settings'
first_process=$(inside systemctl show -P MainPID mote-gateway)
inside apt-get -q -y install --reinstall "${debs[0]}" >"$scratch/again.log" 2>&1 ||
    { cat "$scratch/again.log" >&2; fail 'apt-get install --reinstall failed'; }
grep -q NATS_USER=gateway "$system/etc/mote/gateway.env" || fail 'the settings were written over'
[[ $(inside systemctl show -P MainPID mote-gateway) != "$first_process" ]] || fail 'the gateway is still the old one'
eventually 60 'the function does not answer after the restart' shouts

says 'an outside project builds, with CMake and with pkg-config'
mkdir "$system/outside"
cp "$here"/../install/outside/* "$here/../../examples/01_echo.cpp" "$system/outside/"
build_outside() {
    inside cmake -S /outside -B /outside/build -DECHO_SOURCE=/outside/01_echo.cpp -DCMAKE_CXX_FLAGS=-O0 &&
        inside cmake --build /outside/build --parallel 2 &&
        inside sh -c 'g++ -std=c++20 -O0 /outside/01_echo.cpp -o /outside/echo $(pkg-config --cflags --libs mote)'
}
build_outside >"$scratch/outside.log" 2>&1 || { tail -20 "$scratch/outside.log" >&2; fail 'the outside project does not build'; }
login_url='nats://node:of%20the%20node@127.0.0.1:4222'
for program in /outside/echo /outside/build/echo; do
    inside systemd-run --quiet --unit=echo --setenv=NATS_URL="$login_url" "$program"
    [[ $(inside env NATS_URL="$login_url" /outside/build/visit) == 'all of mote works' ]] || fail 'visit failed'
    [[ $(inside mote -s "$login_url" req echo hello) == hello ]] || fail "$program does not answer"
    inside systemctl stop echo
done

says 'the services end well when they are stopped, and start again'
inside systemctl restart mote-node mote-gateway
eventually 60 'the function does not answer after a restart' shouts
! inside journalctl --no-pager -u mote-node -u mote-gateway | grep -E 'Failed with result|timed out|status=[1-9]' >&2 ||
    fail 'a service did not end well'

says 'removed: the services have ended, settings and state are kept'
inside apt-get -q -y remove mote libmote-dev >"$scratch/remove.log" 2>&1 || { cat "$scratch/remove.log" >&2; fail 'apt-get remove failed'; }
! inside pgrep -x mote >/dev/null || fail 'a service outlives its package'
for kept in etc/mote/gateway.env etc/mote/credentials/node/password var/lib/mote/node/sealing.key; do
    [[ -f $system/$kept ]] || fail "$kept went with the programs"
done

says 'purged: nothing is left'
inside apt-get -q -y purge mote libmote-dev >"$scratch/purge.log" 2>&1 || { cat "$scratch/purge.log" >&2; fail 'apt-get purge failed'; }
inside /packages/control/postrm purge || fail 'postrm cannot be run twice'
rm -r "$system/outside"
files_of_system >"$scratch/after"
left=$(comm -13 "$scratch/before" "$scratch/after")
[[ -z $left ]] || fail "left behind: $left"
lost=$(comm -23 "$scratch/before" "$scratch/after")
[[ -z $lost ]] || fail "taken along: $lost"
says 'installed, served, removed'
