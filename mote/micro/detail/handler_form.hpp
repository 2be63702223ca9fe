#pragma once

#include <mote/micro/request.hpp>

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>
#include <variant>

namespace mote::micro::detail {

using inline_handler = std::function<void(request&)>;
using coroutine_handler = std::function<boost::asio::awaitable<void>(request)>;
/// What every handler comes down to, whatever it takes and gives.
using any_handler = std::variant<inline_handler, coroutine_handler>;

enum class endpoint_kind { endpoint, event, work };

/// A handler with what its signature says of it.
struct described_handler {
    // Not made in the header: each file that adds an endpoint would compile what becomes of seven members.
    described_handler() noexcept;
    described_handler(described_handler&& other) noexcept;
    described_handler(const described_handler&) = delete;
    described_handler& operator=(described_handler&&) = delete;
    described_handler& operator=(const described_handler&) = delete;
    ~described_handler();
    void runs(inline_handler&& handler) noexcept;
    void runs(coroutine_handler&& handler) noexcept;

    any_handler run;
    endpoint_kind kind = endpoint_kind::endpoint;
    bool streams = false;        // it answers with many messages
    std::string request_type{};  // media types; empty: it was not typed
    std::string response_type{};
    std::string request_schema{};  // JSON Schema texts; empty: none
    std::string response_schema{};
};

}  // namespace mote::micro::detail
