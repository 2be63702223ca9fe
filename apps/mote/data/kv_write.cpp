#include <apps/mote/data/kv_actions.hpp>
#include <apps/mote/data/missing.hpp>
#include <apps/mote/input.hpp>
#include <apps/mote/output.hpp>

#include <mote/kv/bucket.hpp>

#include <boost/asio/this_coro.hpp>
#include <boost/json/serialize.hpp>

namespace mote::command {
namespace {

namespace asio = boost::asio;

asio::awaitable<std::string> value_of_words(kv_command chosen) {
    if (chosen.file) {
        input_pieces file(co_await asio::this_coro::executor, *chosen.file);
        co_return co_await file.rest();
    }
    if (chosen.value && *chosen.value != "-") co_return *chosen.value;
    if (!chosen.value && !is_input_fed())
        throw failure(exit_code::usage, "no value; give it behind the key, with --file FILE, or pipe it in (`-`)");
    co_return co_await whole_input();
}

/// Says which revision the key has now.
asio::awaitable<failure> lost_race(kv::bucket bucket, std::string key, std::string what) {
    const auto now = co_await bucket.get(key);
    const std::string is = now ? "its revision is " + std::to_string(now->revision) : std::string("it has no value");
    co_return failure(exit_code::error, "key \"" + key + "\" in bucket " + bucket.name() + " " + what + "; " + is);
}

asio::awaitable<kv::revision> written(kv_command chosen, kv::bucket bucket, std::string value) {
    if (!chosen.create && !chosen.revision) co_return co_await bucket.put(chosen.key, value);
    std::optional<kv::revision> stored;
    std::string what = "is there already, and --create only makes new ones";
    if (chosen.create) {
        const auto made = co_await bucket.create(chosen.key, value);
        if (made) stored = *made;
    } else {
        what = "is not at revision " + std::to_string(*chosen.revision) + ", and was left as it is";
        const auto changed = co_await bucket.update(chosen.key, value, *chosen.revision);
        if (changed) stored = *changed;
    }
    if (stored) co_return *stored;
    const auto lost = co_await lost_race(bucket, chosen.key, what);
    throw lost;
}

/// Whether there is anything to delete. The history of a key that is deleted already may stay behind its marker, and goes with
/// --purge.
asio::awaitable<bool> is_there(kv_command chosen, kv::bucket bucket) {
    const auto value = co_await bucket.get(chosen.key);
    if (value || !chosen.purge) co_return value.has_value();
    const auto kept = co_await bucket.history(chosen.key);
    co_return !kept.empty();
}

void tell(const kv_command& chosen, const char* operation, std::optional<kv::revision> revision) {
    if (!chosen.json && !revision) return;
    if (!chosen.json) return write_out(std::to_string(*revision) + "\n");
    boost::json::object object;
    object["bucket"] = chosen.bucket;
    object["key"] = chosen.key;
    object["operation"] = operation;
    if (revision) object["revision"] = *revision;
    write_out(boost::json::serialize(object) + "\n");
}

}  // namespace

asio::awaitable<exit_code> put_value(kv_command chosen, jetstream::context js) {
    const auto bucket = co_await open_bucket(js, chosen.bucket);
    const std::string value = co_await value_of_words(chosen);
    const auto revision = co_await written(chosen, bucket, value);
    tell(chosen, "put", revision);
    co_return exit_code::ok;
}

asio::awaitable<exit_code> delete_key(kv_command chosen, jetstream::context js) {
    const auto bucket = co_await open_bucket(js, chosen.bucket);
    const bool there = co_await is_there(chosen, bucket);
    if (!there) {
        const auto missing = co_await no_such_key(bucket, chosen.key);
        throw missing;
    }
    const char* const operation = chosen.purge ? "purge" : "del";
    bool lost = false;
    if (chosen.revision) {
        if (chosen.purge) {
            const auto gone = co_await bucket.purge(chosen.key, *chosen.revision);
            lost = !gone;
        } else {
            const auto gone = co_await bucket.del(chosen.key, *chosen.revision);
            lost = !gone;
        }
    } else if (chosen.purge) {
        co_await bucket.purge(chosen.key);
    } else {
        co_await bucket.del(chosen.key);
    }
    if (lost) {
        const std::string what = "is not at revision " + std::to_string(*chosen.revision) + ", and was left as it is";
        const auto raced = co_await lost_race(bucket, chosen.key, what);
        throw raced;
    }
    tell(chosen, operation, std::nullopt);
    co_return exit_code::ok;
}

}  // namespace mote::command
