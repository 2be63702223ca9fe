#pragma once

#include <mote/micro/stream_reader.hpp>
#include <mote/nats/connection.hpp>
#include <mote/nats/headers.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace mote::functions::detail {

/// What a function answered, or what stands for that when it did not.
struct call_answer {
    int status = 0;  ///< 503: nobody serves it; 504: no answer in time; 502: the answer was lost on the way
    nats::headers headers{};
    std::string body{};
    std::string trouble{};   ///< why there is no whole answer; empty when there is one
    bool too_large = false;  ///< the body would be more than asked for
};

/// One request to a function, and its answer, in one message or in many.
class function_call {
public:
    struct request {
        std::string subject{};
        std::string payload{};
        nats::headers headers{};
        std::chrono::nanoseconds timeout{};
        std::size_t max_result = 0;
    };

    /// Throws `nats::errc::closed` and `permission_denied`; all else is an answer. Once.
    static boost::asio::awaitable<call_answer> ask(std::shared_ptr<function_call> self, nats::connection connection,
                                                   request what);
    /// Waits no longer; the answer is a 499. A stream of replies is told to end.
    void cancel() noexcept;

private:
    std::optional<micro::reply_reader> reader_;
    bool cancelled_ = false;
};

}  // namespace mote::functions::detail
