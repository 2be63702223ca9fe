#pragma once

#include <mote/micro/detail/running_call.hpp>
#include <mote/nats/connection.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace mote::micro::detail {

/// The calls of a service that their callers may cancel, by their tokens: one subscription for all of them, made for
/// the first. On the connection's executor.
class cancellable_calls : public std::enable_shared_from_this<cancellable_calls> {
public:
    /// One call, for as long as it lives.
    class entry {
    public:
        entry(std::shared_ptr<cancellable_calls> all, std::string token);
        entry(const entry&) = delete;
        entry& operator=(const entry&) = delete;
        ~entry();

        /// Its handler begins.
        void runs(const std::shared_ptr<running_call>& handler) { handler_ = handler; }
        bool cancelled() const noexcept { return cancelled_; }

    private:
        friend class cancellable_calls;
        void cancel();

        std::shared_ptr<cancellable_calls> all_;
        std::string token_;
        std::weak_ptr<running_call> handler_;  // empty while it waits in line
        bool cancelled_ = false;
    };

    std::shared_ptr<entry> add(const nats::connection& connection, std::string_view token);
    /// Whether it subscribes to this, or was refused.
    bool subscribes_to(std::string_view subject) const noexcept;
    /// Hears no more, until it is used with the next connection.
    void close() noexcept;

private:
    void subscribe(const nats::connection& connection);
    void cancel(std::string_view token);

    std::unordered_multimap<std::string, std::weak_ptr<entry>> calls_;
    bool tried_ = false;  // to subscribe: a user who may not is not asked again with each call
    nats::subscription cancels_;
};

}  // namespace mote::micro::detail
