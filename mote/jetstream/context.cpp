#include <mote/jetstream/context.hpp>

#include <mote/jetstream/detail/api.hpp>
#include <mote/jetstream/detail/features.hpp>
#include <mote/jetstream/detail/json.hpp>
#include <mote/jetstream/detail/stream_json.hpp>
#include <mote/jetstream/detail/wire.hpp>

#include <boost/json/serialize.hpp>
#include <utility>

// All work is done by functions that own a copy of the context, so that a call outlives the handle it was made on.

namespace mote::jetstream {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

std::string prefix_of(const context_options& opts, const nats::connection& connection) {
    nats::jetstream_location where{opts.domain, opts.api_prefix};
    if (connection && where.domain.empty() && where.api_prefix.empty()) where = connection.jetstream();
    if (where.api_prefix.empty()) return where.domain.empty() ? "$JS.API." : "$JS." + where.domain + ".API.";
    return where.api_prefix.ends_with('.') ? where.api_prefix : where.api_prefix + '.';
}

asio::awaitable<account_info> read_account(context js) {
    const auto reply = co_await detail::api_request(js, "INFO", "");
    const detail::json_reader from(reply, "account");
    account_info info;
    info.memory = from.integer<std::uint64_t>("memory");
    info.storage = from.integer<std::uint64_t>("storage");
    info.streams = from.integer<int>("streams");
    info.consumers = from.integer<int>("consumers");
    info.domain = from.text("domain");
    const auto limits = from.object("limits");
    info.limits.max_memory = limits.integer<std::int64_t>("max_memory", -1);
    info.limits.max_storage = limits.integer<std::int64_t>("max_storage", -1);
    info.limits.max_streams = limits.integer<int>("max_streams", -1);
    info.limits.max_consumers = limits.integer<int>("max_consumers", -1);
    const auto api = from.object("api");
    info.api_requests = api.integer<std::uint64_t>("total");
    info.api_errors = api.integer<std::uint64_t>("errors");
    info.api_level = api.integer<int>("level");
    co_return info;
}

void check_source(const stream_source& source) {
    detail::check_name(source.name, "source");
    if (!source.start_time.empty() && !detail::parse_time(source.start_time))
        throw_error(errc::bad_config, "start time '" + source.start_time + "'");
}

asio::awaitable<void> require_support(context js, stream_config config) {
    if (config.mirror) check_source(*config.mirror);
    for (const auto& each : config.sources) check_source(each);
    const auto needed = detail::require_features(js, config);
    if (needed.level == 0) co_return;
    const auto account = co_await read_account(js);
    if (account.api_level >= needed.level) co_return;
    throw_error(errc::not_supported, config.name + ": " + needed.what + " needs JetStream API level " +
                                         std::to_string(needed.level) + " (nats-server 2." +
                                         std::to_string(needed.minor) + ")");
}

asio::awaitable<stream_info> request_stream(context js, std::string verb, std::string body) {
    const auto reply = co_await detail::api_request(js, std::move(verb), std::move(body));
    co_return detail::parse_stream_info(reply);
}

asio::awaitable<stream_info> create(context js, stream_config config) {
    co_await require_support(js, config);
    auto body = json::serialize(detail::to_json(config));
    auto made = co_await request_stream(js, "STREAM.CREATE." + config.name, std::move(body));
    detail::require_kept(config, made.config);
    co_return made;
}

asio::awaitable<stream_info> update(context js, stream_config config) {
    co_await require_support(js, config);
    auto reply = co_await detail::api_request(js, "STREAM.INFO." + config.name, "");
    json::object current;
    if (auto* const found = reply.if_contains("config"); found != nullptr && found->is_object())
        current = std::move(found->get_object());
    detail::overlay(current, config);
    auto changed = co_await request_stream(js, "STREAM.UPDATE." + config.name, json::serialize(current));
    detail::require_kept(config, changed.config);
    co_return changed;
}

/// Nothing where it ends with that error.
asio::awaitable<std::optional<stream_info>> unless(errc accepted, asio::awaitable<stream_info> asked) {
    try {
        co_return co_await std::move(asked);
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != accepted) throw;
    }
    co_return std::nullopt;
}

asio::awaitable<stream_info> create_or_update(context js, stream_config config) {
    auto made = co_await unless(errc::stream_not_found, update(js, config));
    if (!made) made = co_await create(std::move(js), std::move(config));
    co_return std::move(*made);
}

asio::awaitable<void> request_nothing(context js, std::string verb) {
    co_await detail::api_request(js, std::move(verb), "");
}

asio::awaitable<std::uint64_t> purge(context js, std::string name, json::object body) {
    const auto reply = co_await detail::api_request(js, "STREAM.PURGE." + name, json::serialize(body));
    co_return detail::json_reader(reply, "purge").integer<std::uint64_t>("purged");
}

asio::awaitable<std::uint64_t> purge_file(context js, std::string name, json::object body) {
    const auto reply = co_await detail::api_request(js, "STREAM.INFO." + name, "");
    if (detail::parse_stream_info(reply).config.storage == storage_type::memory)
        detail::require_server(js, 2, 10, "a purge before a sequence of a stream in memory, without a filter,");
    co_return co_await purge(js, std::move(name), std::move(body));
}

asio::awaitable<std::uint64_t> nothing_purged() { co_return 0; }

}  // namespace

context::context(nats::connection connection, context_options opts)
    : connection_(std::move(connection)),
      prefix_(prefix_of(opts, connection_)),
      timeout_(opts.timeout.count() > 0 || !connection_ ? opts.timeout : connection_.request_timeout()),
      leader_only_(std::make_shared<std::set<std::string>>()) {}

asio::awaitable<account_info> context::account() const { return read_account(*this); }

asio::awaitable<stream_info> context::create_stream(stream_config config) const {
    detail::check_name(config.name, "stream");
    return create(*this, std::move(config));
}

asio::awaitable<std::optional<stream_info>> context::try_create_stream(stream_config config) const {
    return unless(errc::stream_exists, create_stream(std::move(config)));
}

asio::awaitable<std::optional<stream_info>> context::find_stream(std::string name) const {
    return unless(errc::stream_not_found, stream(std::move(name)));
}

asio::awaitable<stream_info> context::update_stream(stream_config config) const {
    detail::check_name(config.name, "stream");
    return update(*this, std::move(config));
}

asio::awaitable<stream_info> context::create_or_update_stream(stream_config config) const {
    detail::check_name(config.name, "stream");
    return jetstream::create_or_update(*this, std::move(config));
}

asio::awaitable<stream_info> context::stream(std::string name) const {
    detail::check_name(name, "stream");
    return request_stream(*this, "STREAM.INFO." + name, "");
}

asio::awaitable<void> context::delete_stream(std::string name) const {
    detail::check_name(name, "stream");
    return request_nothing(*this, "STREAM.DELETE." + name);
}

asio::awaitable<std::uint64_t> context::purge_stream(std::string name, std::string filter, std::uint64_t keep) const {
    detail::check_name(name, "stream");
    json::object body;
    if (!filter.empty()) body["filter"] = filter;
    if (keep != 0) body["keep"] = keep;
    return purge(*this, std::move(name), std::move(body));
}

asio::awaitable<std::uint64_t> context::purge_stream_before(std::string name, std::string filter,
                                                            std::uint64_t sequence) const {
    detail::check_name(name, "stream");
    if (sequence <= 1) return nothing_purged();  // 2.9 takes 1 for no bound at all
    json::object body;
    if (!filter.empty()) body["filter"] = filter;
    body["seq"] = sequence;
    // 2.9 stumbles over gaps in a stream in memory when there is no filter.
    if (filter.empty() && !detail::server_is_at_least(*this, 2, 10)) return purge_file(*this, std::move(name), body);
    return purge(*this, std::move(name), std::move(body));
}

}  // namespace mote::jetstream
