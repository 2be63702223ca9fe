#include <apps/mote/data/kv_actions.hpp>
#include <apps/mote/data/missing.hpp>
#include <apps/mote/json_output.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/text.hpp>

#include <mote/kv/bucket.hpp>
#include <mote/kv/error.hpp>
#include <mote/micro/detail/wire.hpp>

#include <boost/json/serialize.hpp>
#include <boost/system/system_error.hpp>

#include <unistd.h>
#include <vector>

namespace mote::command {
namespace {

namespace asio = boost::asio;

// Between looks at whether anybody reads what is printed.
constexpr std::chrono::nanoseconds longest_pause = std::chrono::milliseconds(500);

/// A line an entry: for programs tabs under titles, for people what fits.
class entry_lines {
public:
    entry_lines(bool json, const terminal& reader) : json_(json), reader_(reader) {
        if (!json_ && !reader_.interactive) write_out("Time\tOperation\tKey\tRevision\tValue\n");
    }

    void show(const kv::entry& entry) const {
        if (json_) return write_out(valid_json(boost::json::serialize(entry_json(entry))) + "\n");
        const std::string time = micro::detail::utc_text(entry.created);
        const std::string operation = operation_name(entry.operation);
        const std::string key = printable(entry.key);
        const std::string revision = std::to_string(entry.revision);
        const std::string value = printable(entry.value);
        if (!reader_.interactive)
            return write_out(time + "\t" + operation + "\t" + key + "\t" + revision + "\t" + value + "\n");
        const std::string head = time.substr(11, 8) + "  " + operation + std::string(7 - operation.size(), ' ');
        const std::size_t used = head.size() + display_width(key) + 2 + revision.size() + 2;
        const std::size_t room = reader_.width > used + 10 ? reader_.width - used : 10;
        write_out(reader_.dim(head) + reader_.bold(key) + "  " + reader_.dim(revision) + "  " +
                  shortened(value, room, reader_.ellipsis()) + "\n");
    }

private:
    bool json_;
    terminal reader_;
};

asio::awaitable<void> follow(kv_command chosen, kv::bucket bucket) {
    kv::watch_options options;
    options.updates_only = chosen.updates_only;
    options.include_history = chosen.with_history;
    std::vector<std::string> filters = chosen.filters;
    if (filters.empty()) filters.emplace_back(">");
    auto changes = co_await bucket.watch(filters, options);
    const entry_lines lines(chosen.json, look_at(STDOUT_FILENO, chosen.color));
    while (!is_reader_gone()) {
        const auto entry = co_await changes.next(longest_pause);
        if (entry) lines.show(*entry);
    }
    co_await changes.stop();
}

}  // namespace

asio::awaitable<exit_code> watch_keys(kv_command chosen, jetstream::context js) {
    const auto bucket = co_await open_bucket(js, chosen.bucket);
    bool gone = false;
    try {
        co_await follow(chosen, bucket);
    } catch (const boost::system::system_error& error) {
        if (error.code() != kv::errc::bucket_not_found) throw;
        gone = true;
    }
    if (gone) throw failure(exit_code::not_found, "bucket " + chosen.bucket + " was deleted");
    co_return exit_code::ok;
}

}  // namespace mote::command
