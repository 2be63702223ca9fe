#pragma once

#include <mote/nats/async_event.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <vector>

namespace mote::micro::detail {

/// Those who wait until something has nothing to do: a stop, and a removal beside it. They keep what they wait with, as
/// nothing here may outlive the loop.
class idle_waiters {
public:
    std::shared_ptr<nats::async_event> add(const boost::asio::any_io_executor& executor) {
        std::erase_if(waiting_, [](const auto& each) { return each.expired(); });
        auto added = std::make_shared<nats::async_event>(executor);
        waiting_.push_back(added);
        return added;
    }
    void tell() const {
        for (const auto& each : waiting_)
            if (const auto waiting = each.lock()) waiting->set();
    }

private:
    std::vector<std::weak_ptr<nats::async_event>> waiting_;
};

}  // namespace mote::micro::detail
