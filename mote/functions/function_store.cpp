#include <mote/functions/function_store.hpp>

#include <mote/functions/detail/keys.hpp>
#include <mote/functions/detail/quoted.hpp>
#include <mote/functions/error.hpp>
#include <mote/json/decode.hpp>
#include <mote/json/encode.hpp>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <exception>
#include <random>

namespace mote::functions {
namespace {

namespace asio = boost::asio;

constexpr int most_tries = 50;
constexpr int longest_pause = 20;  // ms, between two tries
const std::string namespace_prefix(detail::namespace_prefix);

std::string namespace_key(const std::string& name) {
    if (!is_function_name(name)) throw_error(errc::bad_name, detail::quoted(name) + ": not the name of a namespace");
    return namespace_prefix + name;
}

/// Several that change the same would else go in step, and the same one of them win each time.
asio::awaitable<void> pause_by_chance(int tried) {
    thread_local std::minstd_rand chance{std::random_device()()};
    std::uniform_int_distribution<int> milliseconds(0, std::min(tried + 1, longest_pause));
    asio::steady_timer timer(co_await asio::this_coro::executor);
    timer.expires_after(std::chrono::milliseconds(milliseconds(chance)));
    co_await timer.async_wait(asio::use_awaitable);
}

function_namespace read_namespace(const kv::entry& found) {
    json::decode_options opts;
    opts.max_size = found.value.size();
    return json::decode<function_namespace>(found.value, opts);
}

}  // namespace

asio::awaitable<function_store> function_store::open(jetstream::context js, store_options opts) {
    kv::bucket_config config;
    config.bucket = bucket_name;
    config.description = "functions and their namespaces";
    config.replicas = opts.replicas;
    auto opened = co_await kv::bucket::create_or_open(std::move(js), config);
    co_return function_store(std::move(opened));
}

asio::awaitable<std::optional<stored_function>> function_store::get(function_name name) const {
    const auto found = co_await bucket_.get(name.key());
    std::optional<stored_function> result;
    if (found) result.emplace(stored_function{read_description(found->value), found->revision});
    co_return result;
}

asio::awaitable<kv::revision> function_store::create(description what) const {
    const auto name = what.name();
    const auto space = co_await find_namespace(name.space);
    if (!space) throw_error(errc::namespace_not_found, name.space);
    const auto made = co_await bucket_.create(name.key(), write_description(what));
    if (!made && made.error() == kv::errc::key_exists) throw_error(errc::function_exists, name.full());
    const auto revision = made.value();
    // Its namespace may have been removed meanwhile by somebody who did not see it yet.
    const auto still = co_await find_namespace(name.space);
    if (!still) {
        const auto gone = co_await bucket_.del(name.key(), revision);
        if (gone) throw_error(errc::namespace_not_found, name.space);
    }
    co_return revision;
}

asio::awaitable<stored_function> function_store::change(function_name name,
                                                        std::function<void(description&)> edit) const {
    for (int tried = 0; tried < most_tries; ++tried) {
        auto found = co_await get(name);
        if (!found) throw_error(errc::function_not_found, name.full());
        edit(found->what);
        const auto written = co_await bucket_.update(name.key(), write_description(found->what), found->revision);
        if (written) {
            found->revision = *written;
            co_return std::move(*found);
        }
        if (written.error() != kv::errc::wrong_revision) throw boost::system::system_error(written.error());
        co_await pause_by_chance(tried);
    }
    throw_error(errc::wrong_revision, name.full());
}

asio::awaitable<kv::revision> function_store::remove(function_name name) const {
    for (int tried = 0; tried < most_tries; ++tried) {
        const auto found = co_await bucket_.get(name.key());
        if (!found) throw_error(errc::function_not_found, name.full());
        const auto gone = co_await bucket_.del(name.key(), found->revision);
        if (gone) co_return *gone;
        if (gone.error() != kv::errc::wrong_revision) throw boost::system::system_error(gone.error());
        co_await pause_by_chance(tried);
    }
    throw_error(errc::wrong_revision, name.full());
}

asio::awaitable<std::vector<function_namespace>> function_store::namespaces() const {
    std::vector<function_namespace> result(1);
    result[0].name = default_namespace;
    const auto keys = co_await bucket_.keys(namespace_prefix + "*");
    for (const auto& key : keys) {
        const auto found = co_await bucket_.get(key);
        if (found) result.push_back(read_namespace(*found));
    }
    std::sort(result.begin(), result.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    co_return result;
}

asio::awaitable<std::vector<std::string>> function_store::namespace_names() const {
    auto names = co_await bucket_.keys(namespace_prefix + "*");
    for (auto& name : names) name.erase(0, namespace_prefix.size());
    names.emplace_back(default_namespace);
    std::sort(names.begin(), names.end());
    co_return names;
}

asio::awaitable<std::optional<function_namespace>> function_store::find_namespace(std::string name) const {
    std::optional<function_namespace> result;
    if (name == default_namespace) {
        result.emplace();
        result->name = std::move(name);
        co_return result;
    }
    const auto found = co_await bucket_.get(namespace_key(name));
    if (found) result = read_namespace(*found);
    co_return result;
}

asio::awaitable<void> function_store::create_namespace(function_namespace what) const {
    const auto key = namespace_key(what.name);
    if (what.name == default_namespace) throw_error(errc::namespace_exists, what.name);
    const auto made = co_await bucket_.create(key, json::encode(what));
    if (!made && made.error() == kv::errc::key_exists) throw_error(errc::namespace_exists, what.name);
    made.value();
}

asio::awaitable<void> function_store::update_namespace(function_namespace what) const {
    const auto key = namespace_key(what.name);
    const auto found = co_await bucket_.get(key);
    if (!found) throw_error(errc::namespace_not_found, what.name);
    const auto written = co_await bucket_.update(key, json::encode(what), found->revision);
    if (!written && written.error() == kv::errc::wrong_revision) throw_error(errc::wrong_revision, what.name);
    written.value();
}

asio::awaitable<void> function_store::remove_namespace(std::string name) const {
    const auto key = namespace_key(name);
    const auto found = co_await bucket_.get(key);
    if (!found) throw_error(errc::namespace_not_found, name);
    co_await check_empty(name);
    const auto gone = co_await bucket_.del(key, found->revision);
    if (!gone) throw_error(errc::wrong_revision, name);
    std::exception_ptr taken;
    try {
        co_await check_empty(name);
    } catch (const boost::system::system_error&) {
        taken = std::current_exception();
    }
    if (!taken) co_return;
    co_await bucket_.create(key, found->value);  // as it was, for the function that came meanwhile
    std::rethrow_exception(taken);
}

asio::awaitable<void> function_store::check_empty(std::string space) const {
    const auto keys = co_await bucket_.keys(space + ".*");
    if (!keys.empty())
        throw_error(errc::namespace_not_empty, space + ": " + std::to_string(keys.size()) + " functions");
}

}  // namespace mote::functions
