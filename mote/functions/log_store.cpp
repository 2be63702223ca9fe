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

}  // namespace

asio::awaitable<log_store> log_store::open(jetstream::context js, log_limits limits) {
    const auto config = config_of(limits);
    // To make one again with other bounds is refused for room that it does not need.
    const auto found = co_await js.find_stream(config.name);
    if (!found) co_await js.try_create_stream(config);
    co_return log_store(std::move(js), limits);
}

asio::awaitable<log_store> log_store::configure(jetstream::context js, log_limits limits) {
    const auto config = config_of(limits);
    const auto made = co_await js.try_create_stream(config);
    if (!made) co_await js.update_stream(config);
    co_return log_store(std::move(js), limits);
}

asio::awaitable<void> log_store::forget(function_name function) const {
    auto filter = subject(function);
    co_await js_.purge_stream(std::string(stream_name), std::move(filter));
}

std::string log_store::subject(const function_name& function) {
    return "mote.log." + function.space + '.' + function.name;
}

}  // namespace mote::functions
