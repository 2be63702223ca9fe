#include <mote/objects/detail/stored_info.hpp>

#include <mote/objects/detail/info_json.hpp>
#include <mote/objects/detail/layout.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace mote::objects::detail {

namespace asio = boost::asio;
using boost::system::error_code;
using boost::system::system_error;
using clock = std::chrono::steady_clock;

asio::awaitable<std::optional<stored_info>> load_info(jetstream::context js, std::string store, std::string name) {
    std::optional<jetstream::stored_message> found;
    try {
        found = co_await js.last_message(stream_name(store), info_of(store, name));
    } catch (const system_error&) {
        rethrow_for(store);
    }
    if (!found) co_return std::nullopt;

    stored_info stored;
    stored.sequence = found->sequence;
    try {
        stored.info = parse_info(found->message.payload());
        stored.info.modified = found->time;
    } catch (const system_error& error) {
        stored.unreadable = std::make_exception_ptr(system_error(error.code(), '"' + name + "\": " + error.what()));
    }
    co_return stored;
}

void check_info(const jetstream::context& js, const object_info& info) {
    check_name(info.name);
    const auto text = to_json(info);
    if (!is_utf8(text)) throw_error(errc::bad_config, "description, headers or metadata are not UTF-8");
    // What is not known yet of a new object, and the header lines, take less than the rest.
    constexpr std::size_t rest = 512;
    const auto max_payload = js.connection().server().max_payload;
    if (text.size() + rest > max_payload)
        throw_error(errc::bad_config,
                    "description, headers and metadata are too large: " + std::to_string(text.size()) + " of " +
                        std::to_string(max_payload) + " bytes");
}

asio::awaitable<std::optional<std::uint64_t>> replace_info(jetstream::context js, object_info info,
                                                           std::uint64_t expected) {
    jetstream::publish_options options;
    options.rollup = "sub";
    options.expected_last_subject_sequence = expected;
    const auto subject = info_of(info.store, info.name);
    const auto text = to_json(info);
    try {
        const auto ack = co_await js.publish(subject, text, options);
        co_return ack.sequence;
    } catch (const system_error& error) {
        if (error.code() != jetstream::errc::wrong_last_sequence) throw;
    }
    co_return std::nullopt;
}

asio::awaitable<void> purge_chunks(jetstream::context js, std::string store, std::string nuid,
                                   clock::time_point deadline) {
    if (nuid.empty()) co_return;
    // What a leader was asked that is gone is never answered: there has to be time for more than two tries.
    jetstream::context_options impatient;
    impatient.api_prefix = js.api_prefix();
    impatient.timeout = js.timeout() / 4;
    const jetstream::context asked(js.connection(), impatient);
    for (;;) {
        try {
            co_await asked.purge_stream(stream_name(store), chunks_of(store, nuid));
            co_return;
        } catch (const system_error& error) {
            if (!is_passing(error.code()) || clock::now() >= deadline) throw;
        }
        co_await pause_before_retry(std::chrono::milliseconds(100));
    }
}

bool is_passing(const error_code& failure) noexcept {
    return failure == nats::errc::timeout || failure == nats::errc::no_responders ||
           failure == nats::errc::disconnected || failure == nats::errc::outbound_buffer_full ||
           failure == jetstream::errc::not_enabled || failure == jetstream::errc::no_stream_response ||
           failure == jetstream::errc::insufficient_resources;
}

asio::awaitable<void> pause_before_retry(std::chrono::milliseconds time) {
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::use_awaitable);
}

void rethrow_for(const std::string& store) {
    try {
        throw;
    } catch (const system_error& error) {
        if (error.code() == jetstream::errc::stream_not_found) throw_error(errc::store_not_found, store);
        throw;
    }
}

}  // namespace mote::objects::detail
