#!/bin/bash
# What cgroup2_test.sh runs in its machine, as the first process; $build and $server come with the kernel's command line. The tests'
# own bounds of time hold for an emulated machine too, where all takes ten times as long: what does not fit there is left out.
set -uo pipefail
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp CI=true GTEST_COLOR=no
export MOTE_TEST_NATS_SERVER=$server MOTE_TEST_CONTROL_GROUPS='cgroup v2'
groups=/sys/fs/cgroup
service=$groups/service
user=65534
wrong=/tmp/wrong

says() { echo "guest: ${SECONDS} s: $*"; }
wrong() { says "FAILED: $*" | tee -a $wrong; }  # a file: some are said in subshells

# passes LEAST COMMAND...: a program of tests, of which so many pass and none is skipped.
passes() {
    local least=$1 passed
    shift
    "$@" 2>&1 | tee /tmp/passes || wrong "$*"
    passed=$(grep -c '^\[       OK \]' /tmp/passes)
    ((passed >= least)) || wrong "$passed tests passed, not $least: $*"
    ! grep -qF '[  SKIPPED ]' /tmp/passes || wrong "a test was skipped: $*"
}

# comes_to_pass COMMAND...: one test. At its limit a process may read the pages of its program again and again; where all is emulated
# that takes longer than its caller waits now and then.
comes_to_pass() {
    local try
    for try in 1 2 3; do
        "$@" >/tmp/passes 2>&1 && grep -q '^\[       OK \]' /tmp/passes && break
        says "try $try did not pass"
        ((try < 3)) || wrong "$*"
    done
    cat /tmp/passes
}

# alone COMMAND...: in a group of its own that is another user's, as systemd starts a service with Delegate=yes.
alone() {
    mkdir "$service"
    chown "$user" "$service" "$service"/cgroup.{procs,subtree_control,threads}
    (
        echo "$BASHPID" >"$service/cgroup.procs"
        exec setpriv --reuid "$user" --regid "$user" --clear-groups "$@"
    )
    local code=$?
    # Of all groups only that of the owner itself may be left.
    rmdir "$service/.mote-owner" && rmdir "$service" || wrong "groups are left: $(find "$service" -type d)"
    return "$code"
}

# holds WANTED COMMAND...: what process_helper says of a child's RLIMIT_DATA, and of what holds its memory.
holds() {
    local wanted=$1 said
    shift
    said=$("$@" "$build/tests/process/process_helper" limits | tr '\n' ' ')
    [[ $said == "$wanted " ]] && says "$wanted" || wrong "'$said' and not '$wanted': $*"
}

beside_another() {
    mkdir "$service"
    sleep 1000 &
    echo $! >"$service/cgroup.procs"
    (echo "$BASHPID" >"$service/cgroup.procs" && exec "$@")
    [[ ! -e $service/.mote-owner ]] || wrong 'the group of its own stayed'
    kill $! && wait $! 2>/dev/null
    rmdir "$service" || wrong 'the group is left'
}

# Groups are seen from one's own on, as a container does.
in_namespace() {
    mkdir "$service"
    (
        echo "$BASHPID" >"$service/cgroup.procs"
        # shellcheck disable=SC2016
        exec unshare --cgroup --mount sh -c 'umount /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec "$@"' - "$@"
    )
    rmdir "$service/.mote-owner" && rmdir "$service" || wrong 'groups are left'
}

echo "guest: up, Linux $(uname -r), controllers: $(<$groups/cgroup.controllers)"
cd "$build/tests" || exit
process_tests=process/process_isolation_test
setpriv --reuid "$user" --regid "$user" --clear-groups test -x $process_tests || user=0
says "services run as user $user"

says 'the library, in the first group'
passes 12 $process_tests --gtest_filter='limited.*:birth.*'
says 'the library, as a service'
passes 11 alone $process_tests --gtest_filter='limited.*'
says 'the library, as a service with a namespace'
holds 'unlimited cgroup v2' in_namespace
says 'the library, in a group with another process'
holds '1048576 rlimits' beside_another
says 'a node, in the first group'
comes_to_pass node/node_limits_test --gtest_filter='live_limits.a_function_past_its_memory*'
passes 1 node/node_leftovers_test
says 'a node, as a service'
passes 2 alone node/node_limits_test --gtest_filter='live_group_limits.a_command_*:live_group_limits.the_time_of_*'

[[ -e $wrong ]] || says 'all is well'
echo o >/proc/sysrq-trigger
{ sleep 60; } 2>/dev/null
