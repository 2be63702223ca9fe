#include <apps/mote/data/kv_actions.hpp>
#include <apps/mote/data/missing.hpp>
#include <apps/mote/json_output.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/shown_bytes.hpp>
#include <apps/mote/table.hpp>
#include <apps/mote/text.hpp>

#include <mote/kv/bucket.hpp>
#include <mote/micro/detail/wire.hpp>

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <unistd.h>
#include <vector>

namespace mote::command {
namespace {

namespace asio = boost::asio;

std::string time_text(std::chrono::system_clock::time_point time, const terminal& reader) {
    if (!reader.interactive) return micro::detail::utc_text(time);
    const auto now = std::chrono::system_clock::now();
    return readable(std::chrono::ceil<std::chrono::seconds>(std::max(now, time) - time));
}

std::string duration_text(std::chrono::nanoseconds time) { return time.count() == 0 ? "" : readable(time); }

std::string json_text(const kv::bucket_status& bucket) {
    boost::json::object object;
    object["bucket"] = bucket.bucket;
    if (!bucket.description.empty()) object["description"] = bucket.description;
    object["values"] = bucket.values;
    object["bytes"] = bucket.bytes;
    object["history"] = bucket.history;
    object["ttl"] = bucket.ttl.count();
    object["replicas"] = bucket.replicas;
    object["storage"] = bucket.storage == jetstream::storage_type::file ? "file" : "memory";
    return boost::json::serialize(object);
}

}  // namespace

asio::awaitable<exit_code> list_buckets(kv_command chosen, jetstream::context js) {
    auto all = co_await kv::bucket::statuses(js);
    std::ranges::sort(all, {}, &kv::bucket_status::bucket);
    if (chosen.json) {
        std::vector<std::string> texts;
        for (const auto& each : all) texts.push_back(json_text(each));
        write_out(json_array(texts));
        co_return exit_code::ok;
    }
    table shown({{.title = "Bucket"},
                 {.title = "Values", .side = align::right},
                 {.title = "Bytes", .side = align::right},
                 {.title = "History", .side = align::right},
                 {.title = "TTL", .side = align::right},
                 {.title = "Description", .flexible = true}});
    for (const auto& each : all)
        shown.add({each.bucket, std::to_string(each.values), std::to_string(each.bytes), std::to_string(each.history),
                   duration_text(each.ttl), each.description});
    write_out(shown.render(look_at(STDOUT_FILENO, chosen.color)));
    if (all.empty()) write_err("no buckets; `nats kv add NAME` makes one\n");
    co_return exit_code::ok;
}

asio::awaitable<exit_code> list_keys(kv_command chosen, jetstream::context js) {
    const auto bucket = co_await open_bucket(js, chosen.bucket);
    const std::string filter = chosen.key.empty() ? std::string(">") : chosen.key;
    auto keys = co_await bucket.keys(filter);
    std::ranges::sort(keys);
    if (chosen.json) {
        std::vector<std::string> texts;
        for (const auto& each : keys) texts.push_back(boost::json::serialize(boost::json::value(each)));
        write_out(json_array(texts));
        co_return exit_code::ok;
    }
    std::string text;
    for (const auto& each : keys) text += printable(each) + "\n";
    write_out(text);
    if (keys.empty()) write_err("no keys in bucket " + chosen.bucket + "\n");
    co_return exit_code::ok;
}

asio::awaitable<exit_code> get_value(kv_command chosen, jetstream::context js) {
    const auto bucket = co_await open_bucket(js, chosen.bucket);
    std::optional<kv::entry> found;
    if (chosen.revision)
        found = co_await bucket.get(chosen.key, *chosen.revision);
    else
        found = co_await bucket.get(chosen.key);
    if (!found && chosen.revision)
        throw failure(exit_code::not_found, "no value of key \"" + chosen.key + "\" with revision " +
                                                std::to_string(*chosen.revision) + "; `mote kv history " +
                                                chosen.bucket + " " + chosen.key + "` shows those that are kept");
    if (!found) {
        const auto missing = co_await no_such_key(bucket, chosen.key);
        throw missing;
    }
    if (chosen.json)
        write_out(valid_json(boost::json::serialize(entry_json(*found))) + "\n");
    else
        write_bytes(found->value, chosen.raw, look_at(STDOUT_FILENO, chosen.color));
    co_return exit_code::ok;
}

asio::awaitable<exit_code> show_history(kv_command chosen, jetstream::context js) {
    const auto bucket = co_await open_bucket(js, chosen.bucket);
    const auto entries = co_await bucket.history(chosen.key);
    if (entries.empty()) {
        const auto missing = co_await no_such_key(bucket, chosen.key);
        throw missing;
    }
    if (chosen.json) {
        std::vector<std::string> texts;
        for (const auto& each : entries) texts.push_back(boost::json::serialize(entry_json(each)));
        write_out(json_array(texts));
        co_return exit_code::ok;
    }
    const auto reader = look_at(STDOUT_FILENO, chosen.color);
    table shown({{.title = "Revision", .side = align::right},
                 {.title = reader.interactive ? "Age" : "Time"},
                 {.title = "Operation"},
                 {.title = "Bytes", .side = align::right},
                 {.title = "Value", .flexible = true}});
    for (const auto& each : entries)
        shown.add({std::to_string(each.revision), time_text(each.created, reader), operation_name(each.operation),
                   std::to_string(each.value.size()), each.value});
    write_out(shown.render(reader));
    co_return exit_code::ok;
}

}  // namespace mote::command
