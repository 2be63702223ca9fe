# shellcheck shell=bash
# What the tests of the packages share, and that of tests/cgroup2. They source it, and have set -euo pipefail.

says() { printf '%s: %s s: %s\n' "$(basename "$0" .sh)" "$SECONDS" "$1"; }

fail() {
    printf '%s: FAILED: %s\n' "$(basename "$0" .sh)" "$1" >&2
    exit 1
}

# Exit code 77 means SKIPPED to ctest. Where all has to be there it is a failure.
skip() {
    printf '%s: SKIPPED: %s\n' "$(basename "$0" .sh)" "$1" >&2
    [[ -z ${CI:-} ]] || exit 1
    exit 77
}

needs() {
    local tool
    for tool in "$@"; do
        command -v "$tool" >/dev/null || skip "needs $tool"
    done
}

# The files and links below a folder, as paths from there, without folders.
files_in() { (cd "$1" && find . ! -type d | sed 's,^\.,,' | LC_ALL=C sort); }

# until_there FILE PROCESS: waits until the file has something in it; false when the process ended before, or after half a minute.
until_there() {
    local tries
    for ((tries = 0; tries < 600; ++tries)); do
        [[ ! -s $1 ]] || return 0
        kill -0 "$2" 2>/dev/null || return 1
        sleep 0.05
    done
    return 1
}
