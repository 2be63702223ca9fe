#!/usr/bin/env bash
# The rules of this tree that no compiler holds (docs/adr/0002): who may include whom, how large files may be, what must
# not be named. One line for each breach, `FILE:LINE: what`, and then exit code 1.
#   usage: layers.sh [ROOT]
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "${1:-$here/../..}"

# What each module may include besides itself.
uses() {
    case $1 in
    json | nats) ;;
    jetstream) echo nats ;;
    kv | objects) echo nats jetstream ;;
    micro) echo nats json jetstream ;;
    http | process | testing) ;;
    functions) echo nats json jetstream kv objects micro http ;;
    node) echo nats json jetstream kv objects micro http process functions ;;
    gateway) echo nats json jetstream kv objects micro http functions ;;
    *) return 1 ;;
    esac
}
# Headers under detail/ that users get because a public header needs them.
readonly public_detail="mote/json/detail/form.hpp mote/json/detail/members.hpp mote/json/detail/place.hpp \
mote/json/detail/reader.hpp mote/json/detail/schema_builder.hpp mote/json/detail/time.hpp mote/json/detail/writer.hpp \
mote/micro/detail/call.hpp mote/micro/detail/call_owner.hpp mote/micro/detail/handler_form.hpp mote/micro/detail/make_handler.hpp \
mote/micro/detail/send_stream.hpp mote/micro/detail/stream_source.hpp"
readonly readme_lines=30 source_lines=400

files() { find "$@" -type f 2>/dev/null | sort; }
sources() { files "$@" | grep -E '\.(cpp|hpp)$' || true; }
modules() { find mote -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort; }

# FILE LINE HEADER for each include of the project's own headers, in all files under the folders given.
own_includes() {
    sources "$@" | xargs -r awk '
        /^[ \t]*#[ \t]*include[ \t]*[<"](mote|apps|tests)\// {
            header = $0
            sub(/^[^<"]*[<"]/, "", header); sub(/[>"].*/, "", header)
            print FILENAME, FNR, header
        }'
}

# Paths of the headers that are installed.
public_headers() {
    local module
    for module in $(modules); do
        [[ -f mote/$module/CMakeLists.txt ]] || continue
        awk -v folder="mote/$module/" '
            /PUBLIC_HEADERS/ { inside = 1; next }
            inside && !/\.hpp[ \t]*$/ { inside = 0 }
            inside { print folder $1 }' "mote/$module/CMakeLists.txt" | sed -E 's,[^/]+/\.\./,,'
    done | sort
}

module_of() {
    local rest=${1#mote/}
    [[ $rest == */* ]] && echo "${rest%%/*}" || echo "${rest%.hpp}"
}

modules_include_only_what_is_above_them() {
    local module file line header target allowed
    for module in $(modules); do
        if ! allowed=$(uses "$module"); then
            echo "mote/$module:1: a module that layers.sh does not know: say there what it may include"
            continue
        fi
        own_includes "mote/$module" "mote/$module.hpp" | while read -r file line header; do
            target=$(module_of "$header")
            if [[ $header != mote/* ]]; then
                echo "$file:$line: the library includes $header"
            elif [[ " $module $allowed " != *" $target "* ]]; then
                echo "$file:$line: $module must not include $target"
            elif [[ $target != "$module" && $header =~ /(detail|protocol)/ ]]; then
                echo "$file:$line: $header is private to $target"
            fi
        done
    done
}

public_headers_include_only_public_ones() {
    local public headers="" module file line header
    public=$(public_headers)
    for module in $(modules); do
        grep -q "^mote/$module/" <<<"$public" || echo "mote/$module/CMakeLists.txt:1: no PUBLIC_HEADERS"
    done
    [[ -n $public ]] || return 0
    while read -r file; do
        if [[ ! -f $file ]]; then
            echo "$file:1: a public header that does not exist"
        elif [[ $file =~ /(detail|protocol)/ && " $public_detail " != *" $file "* ]]; then
            echo "$file:1: private, but in PUBLIC_HEADERS"
        fi
        headers+=$file$'\n'
    done <<<"$public"
    headers=$(ls $headers 2>/dev/null || true)
    own_includes $headers | while read -r file line header; do
        grep -qxF "$header" <<<"$public" || echo "$file:$line: a public header includes $header, which is not installed"
    done
    grep -HnE 'asio/experimental|asio::experimental' $headers /dev/null |
        sed -E 's/^([^:]*:[0-9]+):.*/\1: asio::experimental in a public header/' || true
}

# What shows how the library is used must not use more than a user can.
applications_and_examples_use_only_what_is_installed() {
    local public folder file line header
    public=$(public_headers)
    for folder in apps/hackernews examples; do
        own_includes "$folder" | while read -r file line header; do
            [[ $header == "$folder"/* || $header == tests/* && $file == *_test.?pp ]] && continue
            grep -qxF "$header" <<<"$public" || echo "$file:$line: $folder includes $header, which is not installed"
        done
    done
}

# Bugs of the library must not hide in what tests stand on: of it only mote/testing, which uses nothing of the rest.
test_support_stands_alone() {
    own_includes tests/support | awk '$3 ~ /^mote\// && $3 !~ /^mote\/testing\// { print $1 ":" $2 ": tests/support includes " $3 }'
}

modules_have_a_short_readme() {
    local module lines
    for module in $(modules); do
        if [[ ! -f mote/$module/README.md ]]; then
            echo "mote/$module/README.md:1: missing"
        else
            lines=$(wc -l <"mote/$module/README.md")
            ((lines <= readme_lines)) || echo "mote/$module/README.md:$lines: more than $readme_lines lines"
        fi
    done
}

source_files_are_small() {
    sources mote apps tests examples bench fuzz | xargs -r awk -v most=$source_lines '
        FNR == most + 1 { print FILENAME ":" FNR ": more than " most " lines" }'
}

# One character is in brackets in each expression, so that it does not match itself.
nothing_names_a_registry_or_a_machine() {
    local hosts='([p]ypi|[n]pmjs|[c]rates|[r]ubygems|[h]ex\.pm|[m]aven)\.(org|com|io)|[p]roxy\.golang\.|[s]um\.golang\.'
    hosts+='|[d]ocker\.io|[g]hcr\.io|[q]uay\.io|[g]cr\.io|[d]eb\.debian\.|[a]rtifactory|[n]exus\.'
    # A path with a home or a work directory; not one inside an address or a variable such as ${x}/root/.
    local paths='(^|[^A-Za-z0-9_.})/-])/([w]ork|[r]oot|[h]ome/[b-z][a-z]*|[h]ome/a[a-oq-z][a-z]*|[U]sers/[A-Za-z]+|tmp/[g]otools|tmp/[b]ash_jobs)(/|$|[^A-Za-z0-9_-])'
    find . \( -name .git -o -name build -o -name corpus \) -prune -o -type f -print0 |
        xargs -0 grep -HnIoE "$hosts" /dev/null | sed 's,^\./,,; s/$/: names a package registry/' || true
    find . \( -name .git -o -name build -o -name corpus \) -prune -o -type f -print0 |
        xargs -0 grep -HnIoE "$paths" /dev/null | sed 's,^\./,,; s/$/: names a path of one machine/' || true
}

# shellcheck source=tests/layers/documents.sh
source "$here/documents.sh"

breaches=$(
    modules_include_only_what_is_above_them
    public_headers_include_only_public_ones
    applications_and_examples_use_only_what_is_installed
    test_support_stands_alone
    modules_have_a_short_readme
    source_files_are_small
    nothing_names_a_registry_or_a_machine
    documents_quote_the_examples
    documents_link_to_what_is_there
)
[[ -z $breaches ]] || { printf '%s\n' "$breaches"; exit 1; }
