#include <apps/mote/data/missing.hpp>

#include <apps/mote/suggestion.hpp>

#include <mote/kv/error.hpp>
#include <mote/objects/error.hpp>

#include <boost/system/system_error.hpp>

#include <utility>
#include <vector>

namespace mote::command {
namespace {

namespace asio = boost::asio;

constexpr std::size_t most_looked_at = 10'000;  // names, to find those that are like one

std::string hint_of(const std::string& wanted, const std::vector<std::string>& names, const std::string& otherwise) {
    const auto near = nearest(wanted, names);
    return near.empty() ? otherwise : "did you mean " + listed(near) + "?";
}

failure not_there(const std::string& line) { return {exit_code::not_found, line}; }

failure no_such_container(const std::string& kind, const std::string& wanted, const std::vector<std::string>& names,
                          const std::string& maker) {
    const std::string all = names.empty() ? "there is none" : "there is: " + listed(names);
    return not_there("no " + kind + " \"" + wanted + "\"; " +
                     hint_of(wanted, names, all + "; " + maker + " makes one"));
}

}  // namespace

asio::awaitable<kv::bucket> open_bucket(jetstream::context js, std::string name) {
    std::optional<kv::bucket> opened;
    try {
        opened = co_await kv::bucket::open(js, name);
    } catch (const boost::system::system_error& error) {
        if (error.code() != kv::errc::bucket_not_found) throw;
    }
    if (opened) co_return *opened;
    const auto names = co_await kv::bucket::names(js);
    throw no_such_container("bucket", name, names, "`nats kv add " + name + "`");
}

asio::awaitable<objects::store> open_store(jetstream::context js, std::string name) {
    std::optional<objects::store> opened;
    try {
        opened = co_await objects::store::open(js, name);
    } catch (const boost::system::system_error& error) {
        if (error.code() != objects::errc::store_not_found) throw;
    }
    if (opened) co_return *opened;
    const auto names = co_await objects::store::names(js);
    throw no_such_container("object store", name, names, "`nats object add " + name + "`");
}

asio::awaitable<failure> no_such_key(kv::bucket bucket, std::string key) {
    std::vector<std::string> names;
    auto keys = co_await bucket.list_keys();
    while (names.size() < most_looked_at) {
        auto name = co_await keys.next();
        if (!name) break;
        names.push_back(std::move(*name));
    }
    const std::string otherwise =
        names.empty() ? "it is empty" : "`mote kv ls " + bucket.name() + "` shows what there is";
    co_return not_there("no key \"" + key + "\" in bucket " + bucket.name() + "; " + hint_of(key, names, otherwise));
}

asio::awaitable<failure> no_such_object(objects::store store, std::string name) {
    std::vector<std::string> names;
    const auto all = co_await store.list();
    for (const auto& each : all) names.push_back(each.name);
    const std::string otherwise =
        names.empty() ? "it is empty" : "`mote obj ls " + store.name() + "` shows what there is";
    co_return not_there("no object \"" + name + "\" in store " + store.name() + "; " + hint_of(name, names, otherwise));
}

}  // namespace mote::command
