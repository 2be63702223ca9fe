#include <mote/jetstream/ordered_consumer.hpp>
#include <mote/jetstream/publisher.hpp>

#include <tests/jetstream/live_test.hpp>
#include <tests/jetstream/orders.hpp>
#include <tests/jetstream/patience.hpp>

#include <boost/asio/co_spawn.hpp>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace mote::jetstream {
namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using test::contains;
using test::eventually;
using test::nats_server;

constexpr std::chrono::nanoseconds long_patience = 120s;

/// What a publisher was told, by number.
struct outcome_log {
    std::map<std::uint64_t, publish_outcome> by_number{};
    std::size_t told = 0;

    publisher_options options() {
        publisher_options opts;
        opts.on_outcome = [this](const publish_outcome& seen) {
            ++told;
            by_number[seen.number] = seen;
        };
        return opts;
    }
    std::size_t failures() const {
        std::size_t count = 0;
        for (const auto& [number, seen] : by_number) count += seen.error ? 1 : 0;
        return count;
    }
};

/// Publishes `first` to `last` as payloads, with ids or without.
awaitable<void> publish_all(publisher& out, int first, int last, bool identified) {
    publish_options opts;
    for (int i = first; i <= last; ++i) {
        const auto text = std::to_string(i);
        if (identified) opts.message_id = "id-" + text;
        co_await out.publish("orders.new", text, opts);
    }
}

/// How often each payload is stored in ORDERS, and where.
awaitable<std::map<std::string, std::vector<std::uint64_t>>> stored_payloads(context js) {
    std::map<std::string, std::vector<std::uint64_t>> stored;
    const auto messages = (co_await js.stream("ORDERS")).state.messages;
    auto reader = co_await ordered_consumer::create(js, "ORDERS");
    for (std::uint64_t i = 0; i < messages; ++i) {
        const auto message = co_await reader.next(patience);
        if (!message) {
            ADD_FAILURE() << "at " << i;
            break;
        }
        stored[std::string(message->message.payload())].push_back(message->stream_sequence);
    }
    co_return stored;
}

class live_publisher : public test::live_test {
protected:
    template <class Body>
    void with_orders(Body body) {
        with_jetstream([body](nats_server& server, context js) -> awaitable<void> {
            return prepared(server, std::move(js), body);
        });
    }

private:
    template <class Body>
    static awaitable<void> prepared(nats_server& server, context js, Body body) {
        co_await js.create_stream(direct_orders());
        co_await body(server, js);
    }
};

TEST_F(live_publisher, stores_a_hundred_thousand_messages_once) {
    with_orders([](nats_server&, context js) -> awaitable<void> {
        constexpr std::uint64_t count = 100'000;
        std::set<std::uint64_t> numbers;
        std::set<std::uint64_t> sequences;
        std::size_t most = 0;
        publisher_options opts;
        opts.on_outcome = [&](const publish_outcome& seen) {
            EXPECT_FALSE(seen.error) << seen.number << ": " << seen.text;
            numbers.insert(seen.number);
            sequences.insert(seen.ack.sequence);
        };
        publisher out(js, opts);
        for (std::uint64_t i = 1; i <= count; ++i) {
            const auto number = co_await out.publish("orders.new", "0123456789abcdef");
            if (number != i) {
                ADD_FAILURE() << number << " is not " << i;
                co_return;
            }
            most = std::max(most, out.stats().in_flight);
        }
        EXPECT_EQ(co_await out.complete(long_patience), 0u);
        EXPECT_EQ(numbers.size(), count);
        EXPECT_EQ(sequences.size(), count);
        EXPECT_LE(most, 4000u);
        EXPECT_GT(most, 100u) << "it waits for each";
        const auto stats = out.stats();
        EXPECT_EQ(stats.published, count);
        EXPECT_EQ(stats.stored, count);
        EXPECT_EQ(stats.republished, 0u);
        EXPECT_EQ(stats.bytes, 0u);
        EXPECT_EQ((co_await js.stream("ORDERS")).state.messages, count);
    });
}

TEST_F(live_publisher, tells_a_wrong_sequence_of_the_message_that_expected_it) {
    with_orders([](nats_server&, context js) -> awaitable<void> {
        outcome_log seen;
        publisher out(js, seen.options());
        publish_options opts;
        for (std::uint64_t i = 0; i < 10; ++i) {
            opts.expected_last_sequence = i == 4 ? 99 : i < 4 ? i : i - 1;
            co_await out.publish("orders.new", std::to_string(i), opts);
        }
        EXPECT_EQ(co_await out.complete(patience), 0u);
        EXPECT_EQ(seen.told, 10u);
        for (const auto& [number, outcome] : seen.by_number) {
            if (number == 5) {
                EXPECT_EQ(outcome.error, errc::wrong_last_sequence);
                EXPECT_EQ(outcome.err_code, 10071);
                EXPECT_TRUE(contains(outcome.text, "wrong last sequence: 4")) << outcome.text;
            } else {
                EXPECT_FALSE(outcome.error) << number << ": " << outcome.text;
                EXPECT_EQ(outcome.ack.sequence, number < 5 ? number : number - 1);
            }
        }
        EXPECT_EQ(out.stats().failed, 1u);
        EXPECT_EQ(out.stats().stored, 9u);
    });
}

TEST_F(live_publisher, waits_for_room_in_the_order_of_the_calls) {
    with_orders([](nats_server&, context js) -> awaitable<void> {
        outcome_log seen;
        auto opts = seen.options();
        opts.max_in_flight = 1;
        publisher out(js, opts);
        std::vector<std::uint64_t> numbers;
        for (int i = 1; i <= 5; ++i) {
            const auto text = std::to_string(i);
            boost::asio::co_spawn(js.connection().executor(), out.publish("orders.new", text),
                                  [&numbers](std::exception_ptr failed, std::uint64_t number) {
                                      EXPECT_FALSE(failed);
                                      numbers.push_back(number);
                                  });
        }
        EXPECT_EQ(out.stats().in_flight, 1u);
        EXPECT_FALSE(out.try_publish("orders.new", "6"));
        EXPECT_TRUE(co_await eventually([&] { return numbers.size() == 5; }));
        EXPECT_EQ(co_await out.complete(patience), 0u);
        for (std::uint64_t i = 1; i <= 5; ++i) {
            const auto stored = co_await js.message("ORDERS", i);
            EXPECT_TRUE(stored && stored->message.payload() == std::to_string(i)) << i;
        }
        EXPECT_EQ(out.try_publish("orders.new", "6"), 6u);
        EXPECT_EQ(co_await out.complete(patience), 0u);
    });
}

TEST_F(live_publisher, bounds_the_bytes_in_flight_but_takes_a_larger_message_alone) {
    with_orders([](nats_server&, context js) -> awaitable<void> {
        outcome_log seen;
        auto opts = seen.options();
        opts.max_bytes = 1000;
        publisher out(js, opts);
        EXPECT_TRUE(out.try_publish("orders.new", std::string(5000, 'x')));
        EXPECT_FALSE(out.try_publish("orders.new", "x"));
        EXPECT_EQ(co_await out.complete(patience), 0u);
        EXPECT_TRUE(out.try_publish("orders.new", std::string(480, 'x')));
        EXPECT_TRUE(out.try_publish("orders.new", std::string(480, 'x')));
        EXPECT_FALSE(out.try_publish("orders.new", std::string(480, 'x')));
        EXPECT_EQ(co_await out.complete(patience), 0u);
        EXPECT_EQ(seen.failures(), 0u);
        EXPECT_EQ(out.stats().stored, 3u);
    });
}

TEST_F(live_publisher, may_publish_from_its_outcomes) {
    with_orders([](nats_server&, context js) -> awaitable<void> {
        std::optional<publisher> out;
        publisher_options opts;
        opts.max_in_flight = 1;
        std::uint64_t told = 0;
        opts.on_outcome = [&](const publish_outcome& seen) {
            told = seen.number;
            if (seen.number == 20) return;
            EXPECT_TRUE(out->try_publish("orders.new", "again"));
        };
        out.emplace(js, opts);
        co_await out->publish("orders.new", "first");
        EXPECT_TRUE(co_await eventually([&] { return told == 20; }));
        EXPECT_EQ((co_await js.stream("ORDERS")).state.messages, 20u);
    });
}

TEST_F(live_publisher, tells_that_there_is_no_stream) {
    with_orders([](nats_server&, context js) -> awaitable<void> {
        outcome_log seen;
        auto opts = seen.options();
        opts.ack_timeout = 600ms;
        publisher out(js, opts);
        co_await out.publish("nobody.here", "1");
        co_await out.publish("orders.new", "2");
        EXPECT_EQ(co_await out.complete(patience), 0u);
        EXPECT_EQ(seen.by_number[1].error, errc::no_stream_response) << seen.by_number[1].text;
        EXPECT_EQ(seen.by_number[1].text, "nobody.here");
        EXPECT_FALSE(seen.by_number[2].error) << seen.by_number[2].text;
        EXPECT_GE(out.stats().republished, 1u);
    });
}

TEST_F(live_publisher, waits_for_a_stream_that_comes_a_little_later) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        outcome_log seen;
        publisher out(js, seen.options());
        co_await out.publish("orders.new", "1");
        co_await js.connection().flush();
        co_await js.create_stream(direct_orders());
        EXPECT_EQ(co_await out.complete(patience), 0u);
        EXPECT_EQ(seen.failures(), 0u) << seen.by_number[1].text;
        EXPECT_EQ((co_await js.stream("ORDERS")).state.messages, 1u);
    });
}

TEST_F(live_publisher, gives_up_on_what_is_not_answered) {
    with_orders([](nats_server&, context js) -> awaitable<void> {
        const auto mute = js.connection().subscribe("mute.>");  // somebody listens, nobody answers
        outcome_log seen;
        auto opts = seen.options();
        opts.ack_timeout = 100ms;
        opts.max_tries = 3;
        publisher out(js, opts);
        co_await out.publish("mute.a", "1");
        publish_options identified;
        identified.message_id = "x";
        co_await out.publish("mute.a", "2", identified);
        EXPECT_EQ(co_await out.complete(20ms), 2u);
        EXPECT_EQ(co_await out.complete(patience), 0u);
        EXPECT_EQ(seen.by_number[1].error, nats::errc::timeout);
        EXPECT_EQ(seen.by_number[2].error, nats::errc::timeout);
        EXPECT_EQ(out.stats().republished, 2u);  // only the one with an id, twice
        EXPECT_EQ(out.stats().failed, 2u);
    });
}

TEST_F(live_publisher, tells_of_duplicates) {
    with_orders([](nats_server&, context js) -> awaitable<void> {
        outcome_log seen;
        publisher out(js, seen.options());
        publish_options opts;
        opts.message_id = "x";
        co_await out.publish("orders.new", "1", opts);
        co_await out.publish("orders.new", "1", opts);
        EXPECT_EQ(co_await out.complete(patience), 0u);
        EXPECT_EQ(out.stats().stored, 2u);
        EXPECT_EQ(out.stats().duplicates, 1u);
        EXPECT_TRUE(seen.by_number[2].ack.duplicate);
        EXPECT_EQ(seen.by_number[2].ack.sequence, 1u);
    });
}

TEST_F(live_publisher, refuses_at_once_what_cannot_be_sent) {
    with_orders([](nats_server&, context js) -> awaitable<void> {
        outcome_log seen;
        publisher out(js, seen.options());
        const auto code_of = [&](std::string_view subject, const publish_options& opts) {
            return test::failure_at_once([&] { (void)out.publish(subject, "1", opts); }).code;
        };
        publish_options opts;
        EXPECT_EQ(code_of("orders..new", opts), nats::errc::bad_subject);
        opts.ttl = 1ms;
        EXPECT_EQ(code_of("orders.new", opts), errc::bad_config);
        EXPECT_EQ(co_await out.complete(patience), 0u);
        EXPECT_EQ(out.stats().published, 0u);
        EXPECT_EQ(seen.told, 0u);
        EXPECT_EQ(co_await out.publish("orders.new", "1"), 1u) << "it has no number";
        auto none = seen.options();
        none.max_in_flight = 0;
        EXPECT_EQ(test::failure_at_once([&] { publisher refused(js, none); }).code, errc::bad_config);
        EXPECT_EQ(co_await out.complete(patience), 0u);
    });
}

TEST_F(live_publisher, ends_with_its_connection) {
    with_orders([](nats_server&, context js) -> awaitable<void> {
        const auto mute = js.connection().subscribe("mute.>");
        outcome_log seen;
        auto opts = seen.options();
        opts.max_in_flight = 1;
        publisher out(js, opts);
        co_await out.publish("mute.a", "1");
        std::optional<boost::system::error_code> waited;
        boost::asio::co_spawn(js.connection().executor(), out.publish("mute.a", "2"),
                              [&waited](std::exception_ptr failed, std::uint64_t) {
                                  try {
                                      if (failed) std::rethrow_exception(failed);
                                  } catch (const boost::system::system_error& thrown) {
                                      waited = thrown.code();
                                  }
                              });
        js.connection().close();
        EXPECT_EQ(co_await out.complete(patience), 0u);
        EXPECT_EQ(seen.by_number[1].error, nats::errc::closed);
        EXPECT_TRUE(co_await eventually([&] { return waited.has_value(); }));
        EXPECT_TRUE(waited == nats::errc::closed);
        EXPECT_EQ(test::failure_at_once([&] { (void)out.publish("mute.a", "3"); }).code, nats::errc::closed);
    });
}

TEST_F(live_publisher, may_end_before_its_answers) {
    with_orders([](nats_server&, context js) -> awaitable<void> {
        outcome_log seen;
        {
            publisher out(js, seen.options());
            for (int i = 0; i < 100; ++i) co_await out.publish("orders.new", "x");
        }
        co_await js.connection().flush();
        EXPECT_EQ(seen.told, 0u);
        EXPECT_EQ((co_await js.publish("orders.new", "last")).sequence, 101u);
    });
}

/// Publishes, kills the server when some are acknowledged, starts it again, and goes on.
awaitable<void> publish_over_a_kill(nats_server& server, context js, outcome_log& seen, publisher& out,
                                    bool identified) {
    co_await publish_all(out, 1, 10'000, identified);
    EXPECT_TRUE(co_await eventually([&] { return out.stats().stored > 3000; }));
    server.kill();
    std::function<awaitable<void>()> rest = [&out, identified]() {
        return publish_all(out, 10'001, 20'000, identified);
    };
    std::optional<bool> published;
    boost::asio::co_spawn(js.connection().executor(), rest(),
                          [&published](std::exception_ptr failed) { published = !failed; });
    co_await eventually([&] { return js.connection().status() != nats::connection_status::connected; });
    server.restart();
    co_await test::wait_reconnected(js.connection(), 1);
    for (int i = 0; i < 6 && !published; ++i) co_await eventually([&] { return published.has_value(); });
    EXPECT_TRUE(published && *published);
    EXPECT_EQ(co_await out.complete(long_patience), 0u);
    EXPECT_EQ(seen.told, 20'000u);
    EXPECT_EQ(seen.by_number.size(), 20'000u);
}

TEST_F(live_publisher, loses_nothing_that_was_acknowledged_when_the_server_is_killed) {
    with_orders([](nats_server& server, context js) -> awaitable<void> {
        outcome_log seen;
        auto opts = seen.options();
        opts.ack_timeout = 2s;
        opts.room_timeout = long_patience;
        publisher out(js, opts);
        co_await publish_over_a_kill(server, js, seen, out, false);
        const auto stored = co_await stored_payloads(js);
        for (const auto& [number, outcome] : seen.by_number) {
            const auto found = stored.find(std::to_string(number));
            if (!outcome.error) {
                EXPECT_TRUE(found != stored.end() && found->second.size() == 1) << number;
            } else {
                EXPECT_EQ(outcome.error, nats::errc::disconnected) << number << ": " << outcome.text;
            }
        }
        for (const auto& [payload, where] : stored) EXPECT_EQ(where.size(), 1u) << payload;
    });
}

TEST_F(live_publisher, stores_what_has_an_id_once_when_the_server_is_killed) {
    with_orders([](nats_server& server, context js) -> awaitable<void> {
        outcome_log seen;
        auto opts = seen.options();
        opts.room_timeout = long_patience;
        publisher out(js, opts);
        co_await publish_over_a_kill(server, js, seen, out, true);
        EXPECT_EQ(seen.failures(), 0u);
        EXPECT_GT(out.stats().republished, 0u);
        const auto stored = co_await stored_payloads(js);
        EXPECT_EQ(stored.size(), 20'000u);
        for (const auto& [payload, where] : stored) EXPECT_EQ(where.size(), 1u) << payload;
    });
}

}  // namespace
}  // namespace mote::jetstream
