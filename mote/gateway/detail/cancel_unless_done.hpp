#pragma once

#include <mote/nats/connection.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace mote::gateway::detail {

/// Tells whoever runs the call with this token that nobody waits for its answer any more.
void cancel_call(const nats::connection& connection, std::string_view token) noexcept;

/// Does that at its end, unless the answer has come to its own.
class cancel_unless_done {
public:
    cancel_unless_done(nats::connection connection, std::string token)
        : connection_(std::move(connection)), token_(std::move(token)) {}
    cancel_unless_done(const cancel_unless_done&) = delete;
    cancel_unless_done& operator=(const cancel_unless_done&) = delete;
    ~cancel_unless_done() {
        if (!done_) cancel_call(connection_, token_);
    }
    void done() noexcept { done_ = true; }

private:
    nats::connection connection_;
    std::string token_;
    bool done_ = false;
};

}  // namespace mote::gateway::detail
