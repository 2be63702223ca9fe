#pragma once

#include <mote/micro/service_error.hpp>
#include <mote/micro/span.hpp>
#include <mote/nats/headers.hpp>
#include <mote/nats/message.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace mote::micro::detail {

/// What a span tells of a call when it begins.
struct call_told {
    std::string_view service{};  ///< empty for a call to a subject
    std::string_view endpoint{};
    std::string_view subject{};  ///< where the caller says one
    std::size_t bytes = 0;       ///< of the payload
};

/// The span of one call that a client makes. All its questions are below it: the tries, the second one of a hedged call,
/// and those to several instances.
class client_span {
public:
    /// Puts the new span into the headers, in place of its parent. Nothing when the trace that they name is not recorded:
    /// then they stay as they are.
    static std::optional<client_span> open(span_sink sink, const call_told& told, nats::headers& headers);

    void begin() noexcept;
    void end() noexcept { give(); }
    void end_with_status(int status, bool failed) noexcept;
    void fail(std::string why) noexcept;

private:
    client_span(span_sink sink, span made) : sink_(std::move(sink)), made_(std::move(made)) {}
    void give() noexcept;

    span_sink sink_;
    span made_;
    std::chrono::steady_clock::time_point begun_{};
};

/// Awaits a call; the span lasts from the begin of that to its end.
template <class Result>
boost::asio::awaitable<Result> traced(client_span made, boost::asio::awaitable<Result> asked) {
    made.begin();
    try {
        Result result = co_await std::move(asked);
        if constexpr (std::same_as<Result, nats::message>)
            made.end_with_status(200, false);
        else
            made.end();
        co_return result;
    } catch (const service_error& answered) {
        made.end_with_status(answered.status(), true);
        throw;
    } catch (const boost::system::system_error& failed) {
        made.fail(failed.code().message());
        throw;
    } catch (const std::exception&) {
        made.fail("_OTHER");
        throw;
    }
}

}  // namespace mote::micro::detail
