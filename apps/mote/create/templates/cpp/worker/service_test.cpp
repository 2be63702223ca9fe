#include "service.hpp"
#include "service_fixture.hpp"

#include <mote/nats/async_event.hpp>

#include <functional>
#include <vector>

namespace {

using boost::asio::awaitable;
using namespace std::chrono_literals;

class send : public service_fixture {
protected:
    mote::nats::async_event delivered{io.get_executor()};
    std::vector<std::string> receivers;

    /// Asks for one letter to be sent, and waits until it is.
    static awaitable<void> send_one(mote::nats::async_event& delivered, mote::client client) {
        letter asked;
        asked.to = "Ada";
        asked.text = "Hello!";
        const std::string body = mote::json::encode(asked);
        co_await client.call("@NAME@", "send", body);  // returns when the stream has it
        const bool came = co_await delivered.wait_for(20s);
        EXPECT_TRUE(came);
    }
};

TEST_F(send, delivers_a_letter_that_is_kept) {
    const auto work = [&](const letter& each) {
        receivers.push_back(each.to);
        delivered.set();
    };
    run(make_service(work), std::bind_front(send_one, std::ref(delivered)));
    EXPECT_EQ(receivers, std::vector<std::string>{"Ada"});
}

TEST_F(send, tries_again_what_failed) {
    const auto work = [&](const letter& each) {
        receivers.push_back(each.to);
        if (receivers.size() == 1) throw mote::retry_later{50ms};
        delivered.set();
    };
    run(make_service(work), std::bind_front(send_one, std::ref(delivered)));
    EXPECT_EQ(receivers.size(), 2U);
}

}  // namespace
