#include <mote/objects/store.hpp>

#include <mote/objects/detail/info_json.hpp>
#include <mote/objects/detail/layout.hpp>
#include <mote/objects/detail/stored_info.hpp>

#include <boost/system/system_error.hpp>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace mote::objects {

namespace asio = boost::asio;
using boost::system::system_error;

namespace {

/// Subjects of the stream that match, as they are at one moment.
asio::awaitable<std::vector<std::string>> subjects_of(jetstream::context js, std::string store, std::string filter) {
    jetstream::stream_details wanted;
    wanted.subjects_filter = std::move(filter);
    std::vector<std::string> subjects;
    try {
        const auto stream = co_await js.stream(detail::stream_name(store), wanted);
        for (const auto& [subject, count] : stream.state.subject_counts) subjects.push_back(subject);
    } catch (const system_error&) {
        detail::rethrow_for(store);
    }
    co_return subjects;
}

/// Subjects of the chunks that objects name; nothing when one went while they were read, as it does when it is renamed.
asio::awaitable<std::optional<std::set<std::string>>> owned_chunks(jetstream::context js, std::string store) {
    const auto infos = co_await subjects_of(js, store, detail::all_infos(store));
    std::set<std::string> owned;
    for (const auto& subject : infos) {
        const auto found = co_await js.last_message(detail::stream_name(store), subject);
        if (!found) co_return std::nullopt;
        const auto info = detail::parse_info(found->message.payload());
        owned.insert(detail::chunks_of(store, info.nuid));
    }
    co_return owned;
}

/// The chunks are looked for first: so those of an object that comes meanwhile are seen with it, or not at all.
asio::awaitable<std::uint64_t> purge_unowned(jetstream::context js, std::string store,
                                             std::chrono::nanoseconds older_than) {
    const auto chunks = co_await subjects_of(js, store, detail::all_chunks(store));
    const auto owned = co_await owned_chunks(js, store);
    std::uint64_t purged = 0;
    if (!owned) co_return purged;
    const auto limit = std::chrono::system_clock::now() - older_than;
    for (const auto& subject : chunks) {
        if (owned->contains(subject)) continue;
        const auto newest = co_await js.last_message(detail::stream_name(store), subject);
        if (newest && newest->time < limit) purged += co_await js.purge_stream(detail::stream_name(store), subject);
    }
    co_return purged;
}

}  // namespace

asio::awaitable<std::uint64_t> store::purge_orphans(std::chrono::nanoseconds older_than) const {
    return purge_unowned(js_, name_, older_than);
}

}  // namespace mote::objects
