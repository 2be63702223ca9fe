#include <apps/hackernews/slots.hpp>

#include <algorithm>

namespace hackernews {

namespace asio = boost::asio;

asio::awaitable<std::optional<slots::place>> slots::take(std::shared_ptr<slots> of, std::chrono::nanoseconds patience) {
    if (of->free_ > 0) {
        --of->free_;
        co_return place(of);
    }
    // However this coroutine ends, also when it is cancelled or its frame destroyed: it leaves the line, or gives back the
    // place that it was called to meanwhile.
    struct turn {
        explicit turn(std::shared_ptr<slots> slots) : of(std::move(slots)), called(of->executor_) {
            of->line_.push_back(&called);
        }
        turn(const turn&) = delete;
        turn& operator=(const turn&) = delete;
        ~turn() {
            const auto position = std::ranges::find(of->line_, &called);
            if (position != of->line_.end())
                of->line_.erase(position);
            else if (!taken)
                of->give_back();
        }
        std::shared_ptr<slots> of;
        mote::nats::async_event called;
        bool taken = false;
    };
    turn mine(of);
    if (!co_await mine.called.wait_for(patience)) co_return std::nullopt;
    mine.taken = true;
    co_return place(of);
}

void slots::give_back() {
    if (line_.empty()) {
        ++free_;
        return;
    }
    mote::nats::async_event* const next = line_.front();
    line_.pop_front();
    next->set();
}

}  // namespace hackernews
