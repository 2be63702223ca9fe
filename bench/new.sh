# shellcheck shell=bash
# How long it takes from `mote new hello` to its first answer, compiler included. Sourced by bench/run.

# Installs build/release into a prefix of its own, and takes the way of the test tests/mote/create/first_answer.sh, round by
# round. Seconds on the wall; those of processor time, which other programs on the machine change less, are printed beside them.
bench_new() {
    local round what
    if ! cmake --install $release --prefix "$work/prefix" >"$work/install.log" 2>&1; then
        not_measured "from mote new to the first answer" "build/release is not installed: $(tail -1 "$work/install.log")"
        return
    fi
    for ((round = 1; round <= rounds; round++)); do
        tests/mote/create/first_answer.sh "$work/prefix" >>"$work/new" || { : >"$work/new" && break; } # some are not all
    done
    for what in configure build answer rebuild; do
        printf '  %-58s %8.2f s of processor time\n' "$what" "$(awk -v what=$what '$1 == what { print $3 }' "$work/new" | median)"
    done
    row "clean build of mote new's service and its test: s" "$(seconds_of build)" "<=" 10
    row "its build after a changed line: s" "$(seconds_of rebuild)" "<=" 5
    row "from mote new to the first answer: s" "$(seconds_of answer)" "<=" 30
}

seconds_of() { awk -v what="$1" '$1 == what { print $2 }' "$work/new" | median; }
