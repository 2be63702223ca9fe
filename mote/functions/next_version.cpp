#include <mote/functions/next_version.hpp>

#include <algorithm>
#include <utility>

namespace mote::functions {
namespace {

constexpr std::size_t largest_record = 1024 * 1024;  // that `read_description` reads
constexpr std::size_t room_for_subject = 4096;       // for subject, headers, and numbers that grow

}  // namespace

void make_next_version(description& what, deployment wanted, std::string digest, std::size_t max_payload) {
    if (!what.previous) {
        auto& kept = what.previous.emplace();
        kept.wanted = std::move(what.wanted);
        kept.generation = what.generation;
        kept.digest = std::move(what.digest);
    }
    what.wanted = std::move(wanted);
    what.digest = std::move(digest);
    ++what.generation;
    if (write_description(what).size() + room_for_subject > std::min(largest_record, max_payload))
        what.previous.reset();
}

description version_before(const description& what) {
    description before;
    before.wanted = what.previous->wanted;
    before.generation = what.previous->generation;
    before.digest = what.previous->digest;
    before.created = what.created;
    return before;
}

}  // namespace mote::functions
