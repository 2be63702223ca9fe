#include <mote/functions/detail/callback_sender.hpp>

#include <mote/functions/call_headers.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace mote::functions::detail {
namespace {

namespace asio = boost::asio;

/// What is said of the call, whatever the function answered.
constexpr std::array ours{"X-Call-Id", "X-Duration-Seconds", "X-Function-Name", "X-Function-Status",
                          "X-Retry",   "X-Retry-Max",        "X-Start-Time",    "User-Agent"};

bool is_sent(std::string_view name) {
    const auto same = [name](std::string_view other) { return http::same_name(name, other); };
    return call_headers::is_passed_on(name) && std::ranges::none_of(ours, same);
}

http::client_options client_options_of(const callback_options& opts, std::size_t connections) {
    http::client_options result;
    result.max_connections = connections;
    result.timeout = opts.timeout;
    result.connect_timeout = std::min(opts.timeout, result.connect_timeout);
    result.retries = 0;
    result.max_body = 1024 * 1024;  // what a receiver answers is not looked at
    result.user_agent = "mote-async-worker";
    return result;
}

http::request request_of(callback_order what) {
    http::request request("POST", std::move(what.url));
    for (const auto& [name, value] : what.record.headers)
        if (is_sent(name)) request.headers.emplace_back(name, value);
    request.headers.emplace_back("X-Call-Id", what.call_id);
    request.headers.emplace_back("X-Duration-Seconds", call_headers::duration_text(what.record.duration));
    request.headers.emplace_back("X-Function-Name", what.record.function.full());
    request.headers.emplace_back("X-Function-Status", std::to_string(what.record.status));
    if (what.record.attempts > 0) {
        request.headers.emplace_back("X-Retry", std::to_string(what.record.attempts - 1));
        request.headers.emplace_back("X-Retry-Max", std::to_string(std::max(what.record.max_attempts, 1U) - 1));
    }
    if (!what.start_time.empty()) request.headers.emplace_back("X-Start-Time", what.start_time);
    request.body = std::move(what.record.body);
    request.may_connect = [rules = std::move(what.allow)](const http::connect_target& target) {
        return rules.allow(target.host, target.address, target.port);
    };
    return request;
}

}  // namespace

callback_sender::callback_sender(asio::any_io_executor executor, callback_options opts, std::size_t connections)
    : opts_(opts), client_(std::move(executor), client_options_of(opts, connections)) {}

asio::awaitable<callback_outcome> callback_sender::send(std::shared_ptr<callback_sender> self, callback_order what) {
    const auto shown = printable_url(what.url);
    callback_outcome outcome;
    int status = 0;
    try {
        auto request = request_of(std::move(what));
        const auto response = co_await self->client_.send(std::move(request));
        status = response.status;
    } catch (const boost::system::system_error& failed) {
        outcome.refused = failed.code() == http::errc::address_refused;
        outcome.again =
            !outcome.refused && failed.code() != http::errc::bad_url && failed.code() != http::errc::bad_request;
        outcome.trouble = shown + ": " + failed.code().message();
        co_return outcome;
    }
    outcome.delivered = status >= 200 && status < 300;
    outcome.again = status == 408 || status == 429 || status >= 500;
    if (!outcome.delivered) outcome.trouble = shown + ": status " + std::to_string(status);
    co_return outcome;
}

callback_rules callback_sender::rules_in(std::string_view words) {
    try {
        return words.empty() ? callback_rules() : callback_rules::parse(words);
    } catch (const boost::system::system_error&) {
        return {};
    }
}

std::chrono::nanoseconds callback_sender::wait_after(std::uint32_t tried) const noexcept {
    std::chrono::nanoseconds wait = opts_.min_wait;
    for (std::uint32_t i = 1; i < tried && wait < opts_.max_wait; ++i) wait *= 2;
    return std::min(wait, opts_.max_wait);
}

}  // namespace mote::functions::detail
