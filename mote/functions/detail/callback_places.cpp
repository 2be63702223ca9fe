#include <mote/functions/detail/callback_places.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace mote::functions::detail {

namespace asio = boost::asio;

struct callback_places::waiting {
    asio::steady_timer timer;
    bool has_place = false;
};

asio::awaitable<callback_places::place> callback_places::take(std::shared_ptr<callback_places> self,
                                                              std::chrono::nanoseconds patience) {
    if (self->free_ == 0) {
        const auto me = std::make_shared<waiting>(waiting{asio::steady_timer(self->executor_, patience)});
        self->line_.push_back(me);
        co_await me->timer.async_wait(asio::as_tuple(asio::use_awaitable));
        if (!me->has_place) {
            std::erase(self->line_, me);
            co_return place();
        }
    } else {
        --self->free_;
    }
    co_return place(self);
}

void callback_places::give_back() noexcept {
    if (line_.empty()) {
        ++free_;
        return;
    }
    const auto next = line_.front();
    line_.pop_front();
    next->has_place = true;
    next->timer.cancel();
}

}  // namespace mote::functions::detail
