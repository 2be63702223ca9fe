# shellcheck shell=bash
# What the parts of bench/run print with. Sourced by it.

# The middle one of the numbers of standard input, one a line.
median() {
    sort -n | awk '{ x[NR] = $1 } END { if (NR) print NR % 2 ? x[(NR + 1) / 2] : (x[NR / 2] + x[NR / 2 + 1]) / 2 }'
}

# row WHAT VALUE "<="|">=" BUDGET: one line; sets `missed` when the budget is.
row() {
    local verdict=holds
    if [[ -z $2 ]]; then
        not_measured "$1" "it failed"
        missed=1
        return
    fi
    awk -v value="$2" -v sign="$3" -v bound="$4" \
        'BEGIN { exit !(sign == "<=" ? value + 0 <= bound + 0 : value + 0 >= bound + 0) }' || verdict=MISSED
    printf '  %-58s %8.2f  budget %s %.2f  %s\n' "$1" "$2" "$3" "$4" "$verdict"
    [[ $verdict == holds ]] || missed=1
}

not_measured() { printf '  %-58s not measured: %s\n' "$1" "$2"; }
