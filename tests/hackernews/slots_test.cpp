#include <apps/hackernews/slots.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace hackernews {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

class hn_slots : public testing::Test {
protected:
    /// Takes a place, says so in `events`, keeps it until `leave` is called for its name.
    static asio::awaitable<void> visit(hn_slots* self, std::string name, std::chrono::nanoseconds patience) {
        mote::nats::async_event leave(self->context.get_executor());
        {
            const auto place = co_await slots::take(self->places, patience);
            self->events.push_back(name + (place ? " in" : " gave up"));
            if (!place) co_return;
            self->leaving[name] = &leave;
            co_await leave.wait_for(10s);
        }
        self->events.push_back(name + " out");
    }

    void enter(const std::string& name, std::chrono::nanoseconds patience = 10s) {
        asio::co_spawn(context, visit(this, name, patience),
                       asio::bind_cancellation_slot(cancel[name].slot(), [](auto...) {}));
        run();
    }
    void leave(const std::string& name) {
        leaving.at(name)->set();
        run();
    }
    /// Everything that can be done now.
    void run() {
        context.restart();
        context.poll();
    }

    asio::io_context context{1};
    std::shared_ptr<slots> places = std::make_shared<slots>(context.get_executor(), 2);
    std::map<std::string, mote::nats::async_event*> leaving;
    std::map<std::string, asio::cancellation_signal> cancel;
    std::vector<std::string> events;
    using list = std::vector<std::string>;
};

TEST_F(hn_slots, are_taken_in_turn) {
    for (const std::string name : {"a", "b", "c", "d"}) enter(name);
    EXPECT_EQ(events, (list{"a in", "b in"}));
    leave("b");
    EXPECT_EQ(events, (list{"a in", "b in", "b out", "c in"}));
    leave("a");
    leave("c");
    leave("d");
    EXPECT_EQ(events, (list{"a in", "b in", "b out", "c in", "a out", "d in", "c out", "d out"}));
    enter("e");
    enter("f");
    EXPECT_EQ(events.back(), "f in");
}

TEST_F(hn_slots, are_not_waited_for_longer_than_told) {
    enter("a");
    enter("b");
    enter("c", 1ms);
    context.restart();
    context.run_one_for(5s);
    run();
    EXPECT_EQ(events, (list{"a in", "b in", "c gave up"}));
    leave("a");
    enter("d");
    EXPECT_EQ(events, (list{"a in", "b in", "c gave up", "a out", "d in"})) << "the one that gave up has left the line";
}

TEST_F(hn_slots, are_passed_on_when_a_waiting_one_is_cancelled) {
    for (const std::string name : {"a", "b", "c", "d"}) enter(name);
    cancel["c"].emit(asio::cancellation_type::terminal);
    run();
    leave("a");
    EXPECT_EQ(events, (list{"a in", "b in", "a out", "d in"}));
}

TEST_F(hn_slots, end_with_those_who_wait_when_the_executor_ends) {
    for (const std::string name : {"a", "b", "c", "d"}) enter(name);
    EXPECT_EQ(events, (list{"a in", "b in"}));  // and the destructors have nothing to complain about
}

}  // namespace
}  // namespace hackernews
