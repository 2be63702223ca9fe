#!/usr/bin/env bash
# The tests of limits on a real cgroup v2, whatever the machine has: in a small virtual machine with Debian's kernel, whose root is
# that of this machine, read-only. guest.sh says what runs there. By KVM where that works, else emulated. No root is needed.
#   usage: cgroup2_test.sh BUILD_TREE
# Exit code 77, with the reason: this machine cannot do it. With CI set that is a failure, but for another architecture.
set -euo pipefail
build=$(realpath "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
checkout=$(realpath "$here/../..")
kernel=$checkout/build/tools/linux
# shellcheck source=tests/package/parts.sh
source "$here/../package/parts.sh"
[[ $(uname -m) == x86_64 ]] || CI='' skip 'only for x86-64'
needs qemu-system-x86_64 cpio bwrap setpriv
[[ -s $kernel/vmlinuz ]] || skip "needs Debian's kernel: tests/cgroup2/fetch_kernel build/tools/linux"
server=${MOTE_TEST_NATS_SERVER:-$(PATH=$PATH:/usr/sbin command -v nats-server)} || skip 'needs nats-server'
[[ $build$server != *' '* ]] || skip 'a path has a space'

scratch=$(mktemp -d)
log=$scratch/log
touch "$log"
machine=
finish() {
    halt
    rm -rf "$scratch"
}
trap finish EXIT

halt() {
    [[ -z $machine ]] || kill -KILL "$machine" 2>/dev/null || true
    wait
    machine=
}

make_initrd() {
    mkdir -p "$scratch/initrd"/{bin,modules,proc,sys,dev,host,checkout}
    cp "$kernel/busybox" "$scratch/initrd/bin/"
    cp "$kernel"/*.ko "$scratch/initrd/modules/"
    cp "$here/init" "$scratch/initrd/"
    (cd "$scratch/initrd" && find . | cpio --quiet -o -H newc) >"$scratch/initrd.cpio"
}

# boots SECONDS OPTIONS...: false when that takes longer.
boots() {
    local tries=$(($1 * 10))
    shift
    # shellcheck disable=SC2054
    local qemu=(qemu-system-x86_64 "$@" -M pc -smp 2 -m 1024 -nodefaults -no-user-config -display none -serial stdio -no-reboot
        -kernel "$kernel/vmlinuz" -initrd "$scratch/initrd.cpio"
        -append "console=ttyS0 loglevel=1 panic=-1 checkout=$checkout build=$build server=$server"
        -fsdev local,id=host,path=/,security_model=none,readonly=on,multidevs=remap
        -device virtio-9p-pci,fsdev=host,mount_tag=host)
    setpriv --pdeathsig KILL "${qemu[@]}" </dev/null >"$log" 2>&1 &
    machine=$!
    while ((tries-- > 0)) && kill -0 "$machine" 2>/dev/null; do
        ! grep -q '^guest: up' "$log" || return 0
        sleep 0.1
    done
    halt
    return 1
}

make_initrd
# A virtual machine may have the device without what it takes: then its guests hang, or qemu ends.
if grep -qwE 'vmx|svm' /proc/cpuinfo && [[ -w /dev/kvm ]] && boots 30 -accel kvm -cpu host; then
    says 'with KVM'
elif boots 120 -accel tcg -cpu max; then
    says 'emulated'
else
    cat "$log" >&2
    fail 'the machine does not boot'
fi
wait "$machine" || true
machine=
tr -d '\r' <"$log"
grep -qE '^guest: [0-9]+ s: all is well' "$log" || fail 'not all is well in the machine'
says 'done'
