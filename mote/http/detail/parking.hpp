#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>
#include <cstdint>
#include <memory>
#include <utility>

namespace mote::http::detail {

/// Where one coroutine waits until it is told to go on; `owner` keeps the object alive that has this as a member. Cheaper
/// than a timer that is cancelled.
class parking {
public:
    bool occupied() const noexcept { return guest_ != nullptr; }

    /// To be awaited; gives what `resume` says, or `operation_aborted` when the waiting coroutine is cancelled.
    auto wait(boost::asio::any_io_executor executor, std::shared_ptr<void> owner) {
        const auto arrive = [this](auto handler, boost::asio::any_io_executor where, std::shared_ptr<void> keep) {
            const auto slot = boost::asio::get_associated_cancellation_slot(handler);
            const auto visit = ++visits_;
            guest_ = std::make_unique<guest_of<decltype(handler)>>(std::move(handler));
            if (!slot.is_connected()) return;
            slot_ = slot;
            slot_.assign([this, where, keep, visit](boost::asio::cancellation_type) {
                boost::asio::post(where, [this, keep, visit] {
                    if (visit == visits_) resume(boost::asio::error::operation_aborted);
                });
            });
        };
        constexpr auto token = boost::asio::as_tuple(boost::asio::deferred);
        return boost::asio::async_initiate<decltype(token), void(boost::system::error_code)>(
            arrive, token, std::move(executor), std::move(owner));
    }

    /// Lets the coroutine run from within this call, if one waits.
    void resume(boost::system::error_code outcome) {
        if (const auto leaving = depart()) leaving->go_on(outcome);
    }
    /// Lets it run some time after this call.
    void resume_later(const boost::asio::any_io_executor& executor, boost::system::error_code outcome) {
        if (!guest_) return;
        boost::asio::post(executor, [leaving = depart(), outcome] { leaving->go_on(outcome); });
    }

private:
    struct guest {
        guest() = default;
        guest(const guest&) = delete;
        guest& operator=(const guest&) = delete;
        virtual ~guest() = default;
        virtual void go_on(boost::system::error_code outcome) = 0;
    };
    template <class Handler>
    struct guest_of final : guest {
        explicit guest_of(Handler waiting) : handler(std::move(waiting)) {}
        void go_on(boost::system::error_code outcome) override {
            Handler leaving(std::move(handler));
            std::move(leaving)(outcome);
        }
        Handler handler;
    };

    std::unique_ptr<guest> depart() noexcept {
        ++visits_;
        if (slot_.is_connected()) std::exchange(slot_, {}).clear();
        return std::move(guest_);
    }

    std::unique_ptr<guest> guest_;
    boost::asio::cancellation_slot slot_;
    std::uint64_t visits_ = 0;
};

}  // namespace mote::http::detail
