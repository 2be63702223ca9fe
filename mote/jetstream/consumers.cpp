#include <mote/jetstream/context.hpp>

#include <mote/jetstream/detail/api.hpp>
#include <mote/jetstream/detail/consumer_json.hpp>
#include <mote/jetstream/detail/features.hpp>
#include <mote/jetstream/detail/json.hpp>
#include <mote/jetstream/detail/wire.hpp>
#include <mote/jetstream/rfc3339.hpp>
#include <mote/nats/nuid.hpp>
#include <mote/nats/subject.hpp>

#include <boost/json/serialize.hpp>
#include <iterator>
#include <optional>
#include <utility>

namespace mote::jetstream {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

void check_config(const context& js, const consumer_config& config) {
    detail::check_name(config.name, "consumer");
    for (const auto& each : config.filter_subjects)
        if (!nats::is_valid_subscribe_subject(each)) throw_error(errc::bad_config, "filter '" + each + "'");
    if (config.deliver == deliver_policy::by_start_time && !detail::parse_time(config.start_time))
        throw_error(errc::bad_config, "start time '" + config.start_time + "'");
    if ((config.priority == priority_policy::none) != config.priority_groups.empty())
        throw_error(errc::bad_config, "a priority policy and its groups go together");
    if (config.sample_percent < 0 || config.sample_percent > 100)
        throw_error(errc::bad_config, "a sample of " + std::to_string(config.sample_percent) + " %");
    if (!config.pause_until.empty() && !detail::parse_time(config.pause_until))
        throw_error(errc::bad_config, "pause '" + config.pause_until + "'");
    detail::require_features(js, config);
}

/// What the server has of a consumer; nothing when there is none.
asio::awaitable<std::optional<json::object>> find(context js, std::string stream, std::string name) {
    std::optional<json::object> found;
    try {
        found = co_await detail::api_request(js, "CONSUMER.INFO." + stream + "." + name, "");
    } catch (const server_error& failed) {
        if (failed.code() != errc::consumer_not_found) throw;
    }
    co_return found;
}

/// Whether the consumer has to be new, to be there, or neither.
enum class wanted_consumer { any, absent, present };

json::object config_of(const json::object& info) {
    const auto* const found = info.if_contains("config");
    return found != nullptr && found->is_object() ? found->get_object() : json::object();
}

asio::awaitable<consumer_info> read_consumer(context js, std::string stream, std::string name) {
    const auto reply = co_await detail::api_request(js, "CONSUMER.INFO." + stream + "." + name, "");
    co_return detail::parse_consumer_info(reply);
}

asio::awaitable<pause_state> pause(context js, std::string stream, std::string name, json::object request) {
    const auto reply =
        co_await detail::api_request(js, "CONSUMER.PAUSE." + stream + "." + name, json::serialize(request));
    co_return detail::parse_pause(reply);
}

asio::awaitable<consumer_info> create_or_update(context js, std::string stream, consumer_config config,
                                                wanted_consumer wanted) {
    const auto found = co_await find(js, stream, config.name);
    json::object asked;
    if (found) {
        const auto current = config_of(*found);
        asked = current;
        detail::overlay(asked, config);
        if (current == asked) co_return detail::parse_consumer_info(*found);
        if (wanted == wanted_consumer::absent) throw_error(errc::consumer_exists, config.name);
    } else {
        if (wanted == wanted_consumer::present) throw_error(errc::consumer_not_found, config.name);
        asked = detail::to_json(config);
    }
    // Servers before 2.10 skip the action.
    const std::string action = wanted == wanted_consumer::any ? "" : found ? "update" : "create";
    auto verb = detail::consumer_create_verb(stream, config.name, config.filter_subjects);
    auto body = detail::consumer_create_body(stream, std::move(asked), action);
    const auto reply = co_await detail::api_request(js, std::move(verb), std::move(body));
    auto info = detail::parse_consumer_info(reply);
    if (!found || config.pause_until.empty()) {
        detail::require_kept(config, info.config);
        co_return info;
    }
    // In an update servers skip the pause, which has a request of its own.
    json::object request;
    request["pause_until"] = std::exchange(config.pause_until, {});
    detail::require_kept(config, info.config);
    co_await pause(js, stream, config.name, request);
    co_return co_await read_consumer(js, stream, config.name);
}

asio::awaitable<void> unpin(context js, std::string stream, std::string name, std::string group) {
    json::object request;
    request["group"] = group;
    co_await detail::api_request(js, "CONSUMER.UNPIN." + stream + "." + name, json::serialize(request));
}

asio::awaitable<void> resume(context js, std::string stream, std::string name) {
    const json::object no_time;
    co_await pause(js, std::move(stream), std::move(name), no_time);
}

/// A reset of no consumer is not answered at all.
asio::awaitable<std::uint64_t> reset(context js, std::string stream, std::string name, std::uint64_t sequence) {
    co_await read_consumer(js, stream, name);
    std::string body;
    if (sequence != 0) body = "{\"seq\":" + std::to_string(sequence) + "}";
    const auto reply = co_await detail::api_request(js, "CONSUMER.RESET." + stream + "." + name, std::move(body));
    co_return detail::json_reader(reply, "reset").integer<std::uint64_t>("reset_seq");
}

asio::awaitable<void> delete_one(context js, std::string stream, std::string name) {
    co_await detail::api_request(js, "CONSUMER.DELETE." + stream + "." + name, "");
}

}  // namespace

asio::awaitable<consumer_info> context::create_or_update_consumer(std::string stream, consumer_config config) const {
    detail::check_name(stream, "stream");
    if (config.name.empty() && !config.durable) config.name = nats::next_nuid();
    check_config(*this, config);
    return create_or_update(*this, std::move(stream), std::move(config), wanted_consumer::any);
}

asio::awaitable<consumer_info> context::create_consumer(std::string stream, consumer_config config) const {
    detail::check_name(stream, "stream");
    if (config.name.empty() && !config.durable) config.name = nats::next_nuid();
    check_config(*this, config);
    return create_or_update(*this, std::move(stream), std::move(config), wanted_consumer::absent);
}

asio::awaitable<consumer_info> context::update_consumer(std::string stream, consumer_config config) const {
    detail::check_name(stream, "stream");
    check_config(*this, config);
    return create_or_update(*this, std::move(stream), std::move(config), wanted_consumer::present);
}

asio::awaitable<consumer_info> context::consumer(std::string stream, std::string name) const {
    detail::check_name(stream, "stream");
    detail::check_name(name, "consumer");
    return read_consumer(*this, std::move(stream), std::move(name));
}

asio::awaitable<void> context::delete_consumer(std::string stream, std::string name) const {
    detail::check_name(stream, "stream");
    detail::check_name(name, "consumer");
    return delete_one(*this, std::move(stream), std::move(name));
}

asio::awaitable<void> context::unpin_consumer(std::string stream, std::string name, std::string group) const {
    detail::check_name(stream, "stream");
    detail::check_name(name, "consumer");
    detail::require_server(*this, 2, 11, "unpinning");
    return unpin(*this, std::move(stream), std::move(name), std::move(group));
}

asio::awaitable<pause_state> context::pause_consumer(std::string stream, std::string name,
                                                     std::chrono::system_clock::time_point until) const {
    detail::check_name(stream, "stream");
    detail::check_name(name, "consumer");
    detail::require_server(*this, 2, 11, "pausing a consumer");
    json::object request;
    request["pause_until"] = to_rfc3339(until);
    return pause(*this, std::move(stream), std::move(name), std::move(request));
}

asio::awaitable<std::uint64_t> context::reset_consumer(std::string stream, std::string name,
                                                       std::uint64_t sequence) const {
    detail::check_name(stream, "stream");
    detail::check_name(name, "consumer");
    detail::require_server(*this, 2, 14, "a reset of a consumer");
    return reset(*this, std::move(stream), std::move(name), sequence);
}

asio::awaitable<void> context::resume_consumer(std::string stream, std::string name) const {
    detail::check_name(stream, "stream");
    detail::check_name(name, "consumer");
    detail::require_server(*this, 2, 11, "resuming a consumer");
    return resume(*this, std::move(stream), std::move(name));
}

}  // namespace mote::jetstream
