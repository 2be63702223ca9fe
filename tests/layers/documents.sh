# Rules of the documents; layers.sh reads this file and prints what it finds.

# The code of the documents is code of the examples, which are compiled and run: of the one that the block names
# (```cpp 02_typed.cpp), else of any.
documents_quote_the_examples() {
    local document block="" line number=0 start=0 inside=no named example found
    for document in README.md $(files docs/guide | grep '\.md$'); do
        [[ -f $document ]] || continue
        number=0
        while IFS= read -r line || [[ -n $line ]]; do
            number=$((number + 1))
            if [[ $inside == no && $line == '```cpp'* ]]; then
                inside=yes block="" start=$number named=${line#'```cpp'}
                named=${named# }
            elif [[ $inside == yes && $line == '```' ]]; then
                inside=no found=no
                for example in $(files examples | grep '\.cpp$'); do
                    [[ -z $named || $example == "examples/$named" ]] || continue
                    [[ $'\n'$(<"$example")$'\n' != *$'\n'"$block"* ]] || found=yes
                done
                [[ $found == yes ]] || echo "$document:$start: this code is in ${named:-none of the examples}" |
                    sed 's/is in \([^n ].*\.cpp\)$/is not in \1/'
            elif [[ $inside == yes ]]; then
                block+=$line$'\n'
            fi
        done <"$document"
    done
}

# FILE LINE TEXT TARGET, divided by tabs, for each link to a file of this project.
own_links() {
    { files README.md CONTRIBUTING.md docs mote apps || true; } | grep '\.md$' | xargs -r awk '
        /^```/ { code = !code }
        code { next }
        {
            rest = $0
            while (match(rest, /\[[^][]*\]\([^() ]+\)/)) {
                link = substr(rest, RSTART + 1, RLENGTH - 2)
                rest = substr(rest, RSTART + RLENGTH)
                split_at = index(link, "](")
                target = substr(link, split_at + 2)
                sub(/#.*/, "", target)
                if (target != "" && target !~ /^[a-z]+:/)
                    print FILENAME "\t" FNR "\t" substr(link, 1, split_at - 1) "\t" target
            }
        }'
}

# A link to a file of tests has the name of one of its tests for its text.
documents_link_to_what_is_there() {
    local document number text target path
    own_links | while IFS=$'\t' read -r document number text target; do
        path=$(dirname "$document")/$target
        if [[ ! -e $path ]]; then
            echo "$document:$number: links to $target, which is not there"
        elif [[ $path == *_test.cpp ]] && ! grep -qE "^TEST(_F|_P)?\([a-z0-9_]+, $text\)" "$path"; then
            echo "$document:$number: $target has no test $text"
        fi
    done
}
