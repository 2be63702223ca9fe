#include <mote/functions/log_store.hpp>

#include <utility>

namespace mote::functions {
namespace {

namespace asio = boost::asio;

jetstream::stream_config config_of(const log_limits& limits) {
    jetstream::stream_config config;
    config.name = log_store::stream_name;
    config.description = "Lines that functions wrote";
    config.subjects = {"mote.log.*.*"};
    config.max_bytes = limits.max_bytes;
    config.max_messages_per_subject = limits.max_lines;
    config.max_age = limits.max_age;
    config.replicas = limits.replicas;
    config.allow_direct = true;
    return config;
}

/// False when there is one with another configuration.
asio::awaitable<bool> make_stream(jetstream::context js, jetstream::stream_config config) {
    try {
        co_await js.create_stream(std::move(config));
        co_return true;
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != jetstream::errc::stream_exists) throw;
    }
    co_return false;
}

}  // namespace

asio::awaitable<log_store> log_store::open(jetstream::context js, log_limits limits) {
    const auto config = config_of(limits);
    co_await make_stream(js, config);
    co_return log_store(std::move(js), limits);
}

asio::awaitable<log_store> log_store::configure(jetstream::context js, log_limits limits) {
    const auto config = config_of(limits);
    const bool fits = co_await make_stream(js, config);
    if (!fits) co_await js.update_stream(config);
    co_return log_store(std::move(js), limits);
}

std::string log_store::subject(const function_name& function) {
    return "mote.log." + function.space + '.' + function.name;
}

}  // namespace mote::functions
