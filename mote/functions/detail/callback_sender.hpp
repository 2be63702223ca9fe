#pragma once

#include <mote/functions/async_call.hpp>
#include <mote/functions/callback.hpp>
#include <mote/http/client.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace mote::functions::detail {

/// Where a result goes, and what is said beside it.
struct callback_order {
    std::string url{};
    std::string call_id{};
    std::string start_time{};  ///< as the call's `X-Start-Time`
    callback_rules allow{};    ///< where it may be sent
    call_record record{};
};

struct callback_outcome {
    bool delivered = false;
    bool again = false;     ///< it may work later
    bool refused = false;   ///< not to that address
    std::string trouble{};  ///< without user, password and query of the URL
};

/// Posts results. On the executor.
class callback_sender {
public:
    /// `connections`: callbacks at once; further ones wait in line.
    callback_sender(boost::asio::any_io_executor executor, callback_options opts, std::size_t connections);

    /// One try. 2xx is a delivery; other statuses than 408, 429 and those from 500 on, redirects among them, are final.
    static boost::asio::awaitable<callback_outcome> send(std::shared_ptr<callback_sender> self, callback_order what);
    /// What a call's `Mote-Callback-Allow` says; the usual where it says nothing, or nothing that is known here.
    static callback_rules rules_in(std::string_view words);
    std::chrono::nanoseconds wait_after(std::uint32_t tried) const noexcept;
    const callback_options& options() const noexcept { return opts_; }

private:
    callback_options opts_;
    http::client client_;
};

}  // namespace mote::functions::detail
