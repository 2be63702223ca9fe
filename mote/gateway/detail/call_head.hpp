#pragma once

#include <mote/http/exchange.hpp>
#include <mote/nats/headers.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace mote::gateway::detail {

/// What the gateway says of each call, to the function and to the client.
class call_head {
public:
    /// The client's `X-Call-Id`, else a new one (RFC 9562, version 4). It began at `time`, which is `began` too.
    call_head(const http::exchange& asked, std::chrono::system_clock::time_point time,
              std::chrono::steady_clock::time_point began);

    const std::string& call_id() const noexcept { return call_id_; }
    std::chrono::steady_clock::time_point began() const noexcept { return began_; }

    /// The headers of the request to the function, but for those about its body. `below` is the path that it sees.
    nats::headers request_headers(const http::exchange& asked, const std::string& below, bool with_credentials) const;
    /// Completes the headers of an answer.
    void complete(http::header_list& headers) const;
    /// The same of views, into this and into `duration`.
    void complete(std::vector<http::header_view>& headers, std::string& duration) const;

private:
    std::string call_id_;
    std::string start_time_;  // nanoseconds since 1970
    std::chrono::steady_clock::time_point began_;
};

}  // namespace mote::gateway::detail
