// Which instances are there, as they come, change and go.

#include <tests/micro/fake_instance.hpp>

#include <mote/micro/detail/watch_table.hpp>
#include <mote/micro/watch.hpp>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using micro::service_change;

using watch_test = micro_test;

micro::watch_options quick() {
    micro::watch_options opts;
    opts.interval = 20ms;
    opts.info_rounds = 2;
    return opts;
}

/// "appeared a", "gone b": the next event, "nothing" when none comes.
asio::awaitable<std::string> next_of(micro::service_watch& watch, std::chrono::nanoseconds timeout = 20s) {
    const auto event = co_await watch.next(timeout);
    if (!event) co_return "nothing";
    const std::string what = event->what == service_change::appeared  ? "appeared "
                             : event->what == service_change::changed ? "changed "
                                                                      : "gone ";
    co_return what + event->service.id;
}

TEST_F(watch_test, tells_who_is_there_who_comes_and_who_goes) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto a = std::make_unique<fake_instance>(here.connection, instance_info("a"));
        co_await here.connection.flush();
        micro::service_watch watch(here.caller, quick());
        const auto first = co_await watch.next(20s);
        EXPECT_TRUE(first && first->what == service_change::appeared && first->service.id == "a");
        EXPECT_TRUE(first && first->service.endpoints.at(0).subject == "s.echo");

        const fake_instance b(here.connection, instance_info("b"));
        const auto second = co_await next_of(watch);
        EXPECT_EQ(second, "appeared b");
        EXPECT_EQ(watch.instances().size(), 2U);

        a.reset();
        const auto third = co_await next_of(watch);
        EXPECT_EQ(third, "gone a");
        EXPECT_EQ(watch.instances().size(), 1U);
        co_await watch.stop();
    });
}

TEST_F(watch_test, sees_our_services_start_grow_and_stop) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service_watch watch(here.caller, quick());
        micro::service service(here.config());
        service.endpoint("echo", [](micro::request& req) { req.respond(req.data()); });
        co_await service.start(here.connection);
        const auto appeared = co_await next_of(watch);
        EXPECT_EQ(appeared, "appeared " + service.id());
        service.endpoint("late", [](micro::request& req) { req.respond(req.data()); });
        const auto changed = co_await watch.next(20s);
        EXPECT_TRUE(changed && changed->what == service_change::changed && changed->service.endpoints.size() == 2);
        co_await service.stop();
        const auto gone = co_await next_of(watch);
        EXPECT_EQ(gone, "gone " + service.id());
    });
}

TEST_F(watch_test, tells_a_change_that_a_ping_shows_without_waiting_for_the_next_round_of_info) {
    in_world([](world& here) -> asio::awaitable<void> {
        fake_instance a(here.connection, instance_info("a"));
        co_await here.connection.flush();
        auto opts = quick();
        opts.info_rounds = 1'000'000;
        micro::service_watch watch(here.caller, opts);
        const auto appeared = co_await next_of(watch);
        EXPECT_EQ(appeared, "appeared a");
        a.says(instance_info("a", "1.1.0"));
        const auto version = co_await watch.next(20s);
        EXPECT_TRUE(version && version->what == service_change::changed && version->service.version == "1.1.0");
        auto with_metadata = instance_info("a", "1.1.0");
        with_metadata.metadata["region"] = "eu";
        a.says(with_metadata);
        const auto metadata = co_await watch.next(20s);
        EXPECT_TRUE(metadata && metadata->service.metadata.contains("region"));
    });
}

TEST_F(watch_test, watches_one_service) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto other = instance_info("other");
        other.name = "Other";
        const fake_instance a(here.connection, other);
        const fake_instance b(here.connection, instance_info("b"));
        co_await here.connection.flush();
        auto opts = quick();
        opts.name = "S";
        micro::service_watch watch(here.caller, opts);
        const auto first = co_await next_of(watch);
        EXPECT_EQ(first, "appeared b");
        const auto more = co_await next_of(watch, 100ms);
        EXPECT_EQ(more, "nothing");
        EXPECT_EQ(a.asked_for_info(), 0);
    });
}

TEST_F(watch_test, calls_a_handler_in_place_of_next) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance a(here.connection, instance_info("a"));
        co_await here.connection.flush();
        const auto seen = std::make_shared<std::vector<std::string>>();
        auto opts = quick();
        opts.on_event = [seen](const micro::service_event& event) {
            seen->push_back(event.service.id);
            throw std::runtime_error("dropped");
        };
        micro::service_watch watch(here.caller, opts);
        co_await eventually("a was seen", [&] { return seen->size() == 1; });
        const fake_instance b(here.connection, instance_info("b"));
        co_await eventually("b was seen", [&] { return seen->size() == 2; });
        const auto none = co_await next_of(watch, 1ms);
        EXPECT_EQ(none, "nothing");
    });
}

TEST_F(watch_test, may_be_destroyed_by_its_handler) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance a(here.connection, instance_info("a"));
        const fake_instance b(here.connection, instance_info("b"));
        co_await here.connection.flush();
        const auto seen = std::make_shared<int>(0);
        const auto watch = std::make_shared<std::optional<micro::service_watch>>();
        auto opts = quick();
        opts.on_event = [seen, watch](const micro::service_event&) {
            ++*seen;
            watch->reset();
        };
        watch->emplace(here.caller, opts);
        co_await eventually("it is gone", [&] { return !watch->has_value(); });
        co_await here.caller.flush();
        EXPECT_EQ(*seen, 1);
    });
}

TEST_F(watch_test, takes_nobody_for_gone_while_the_server_is_away) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance a(here.connection, instance_info("a"));
        co_await here.connection.flush();
        micro::service_watch watch(here.caller, quick());
        const auto appeared = co_await next_of(watch);
        EXPECT_EQ(appeared, "appeared a");
        here.server.kill();
        const auto away = co_await next_of(watch, 200ms);  // ten rounds
        EXPECT_EQ(away, "nothing");
        here.server.restart();
        co_await wait_reconnected(here.connection, 1);
        co_await wait_reconnected(here.caller, 1);
        const auto back = co_await next_of(watch, 200ms);
        EXPECT_EQ(back, "nothing");
        const fake_instance b(here.connection, instance_info("b"));
        const auto goes_on = co_await next_of(watch);
        EXPECT_EQ(goes_on, "appeared b");
    });
}

TEST_F(watch_test, stops_cleanly) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance a(here.connection, instance_info("a"));
        co_await here.connection.flush();
        micro::service_watch watch(here.caller, quick());
        co_await eventually("a is known", [&watch] { return watch.instances().size() == 1; });
        co_await watch.stop();
        const auto waiting = co_await next_of(watch);
        EXPECT_EQ(waiting, "appeared a") << "what waits may still be taken";
        const auto ended = co_await next_of(watch);
        EXPECT_EQ(ended, "nothing");
        co_await watch.stop();
    });
}

TEST_F(watch_test, lets_a_reader_go_when_it_is_stopped) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto watch = std::make_unique<micro::service_watch>(here.caller, quick());
        auto reading = [](micro::service_watch* from) -> asio::awaitable<void> {
            const auto event = co_await from->next(std::chrono::nanoseconds::max());
            EXPECT_FALSE(event);
        };
        const auto reader = start(here.caller, reading(watch.get()));
        co_await turn();
        watch.reset();
        const bool ended = co_await ends(reader);
        EXPECT_TRUE(ended);
    });
}

TEST_F(watch_test, throws_when_the_connection_is_closed) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service_watch watch(here.caller, quick());
        const auto reader = start(here.caller, [](micro::service_watch* from) -> asio::awaitable<void> {
            co_await from->next(std::chrono::nanoseconds::max());
        }(&watch));
        co_await turn();
        here.caller.close();
        const bool ended = co_await ends(reader);
        EXPECT_TRUE(ended);
        EXPECT_EQ(reader->seen.code, nats::errc::closed);
        co_await watch.stop();
        const auto refused = failure_at_once([&] { const micro::service_watch late(here.caller); });
        EXPECT_EQ(refused.code, nats::errc::closed);
    });
}

TEST_F(watch_test, counts_what_it_cannot_read) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto odd =
            here.connection.subscribe("$SRV.INFO", [nc = here.connection](const nats::message_view& asked) {
                nc.respond(asked, "nonsense");
                nc.respond(asked, R"({"name":"S","id":"a.b"})");
            });
        co_await here.connection.flush();
        micro::service_watch watch(here.caller, quick());
        co_await eventually("both are counted", [&watch] { return watch.ignored() >= 2; });
        EXPECT_TRUE(watch.instances().empty());
    });
}

TEST_F(watch_test, refuses_a_name_that_cannot_be_one) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto opts = quick();
        opts.name = "a.b";
        const auto failed = failure_at_once([&] { const micro::service_watch watch(here.caller, opts); });
        EXPECT_EQ(failed.code, micro::errc::bad_name);
        co_return;
    });
}

// ---- what it knows, without a clock

/// A table with the events that it told.
struct told_table {
    micro::detail::watch_table table;
    std::vector<std::string> told{};
    micro::detail::watch_table::sink sink = [this](micro::service_event event) {
        const std::vector<std::string> names{"appeared ", "changed ", "gone "};
        told.push_back(names.at(static_cast<std::size_t>(event.what)) + event.service.id);
    };
    std::vector<std::string> take() { return std::exchange(told, {}); }
};

using texts = std::vector<std::string>;

TEST(micro_watch_table, takes_an_instance_for_gone_after_so_many_rounds_without_an_answer) {
    told_table known{{10, 2}};
    known.table.begin_round(known.sink);
    known.table.take_info(instance_info("a"), known.sink);
    EXPECT_EQ(known.take(), texts{"appeared a"});
    known.table.begin_round(known.sink);  // it answered to the one before
    known.table.begin_round(known.sink);  // one is missed
    EXPECT_FALSE(known.table.take_ping(instance_info("a")));
    known.table.begin_round(known.sink);
    known.table.begin_round(known.sink);
    EXPECT_EQ(known.take(), texts());
    known.table.begin_round(known.sink);  // two are missed
    EXPECT_EQ(known.take(), texts{"gone a"});
    EXPECT_TRUE(known.table.instances().empty());
}

TEST(micro_watch_table, gives_everybody_the_full_time_again_when_forgiven) {
    told_table known{{10, 1}};
    known.table.begin_round(known.sink);
    known.table.take_info(instance_info("a"), known.sink);
    known.table.begin_round(known.sink);
    known.table.forgive();
    known.table.begin_round(known.sink);
    EXPECT_EQ(known.take(), texts{"appeared a"});
    known.table.begin_round(known.sink);
    EXPECT_EQ(known.take(), texts{"gone a"});
}

TEST(micro_watch_table, wants_info_of_who_is_new_or_different) {
    told_table known{{10, 2}};
    known.table.begin_round(known.sink);
    EXPECT_TRUE(known.table.take_ping(instance_info("a")));
    EXPECT_TRUE(known.table.take_ping(instance_info("a"))) << "INFO has not come yet";
    EXPECT_TRUE(known.table.instances().empty());
    auto info = instance_info("a");
    info.metadata["k"] = "v";
    known.table.take_info(info, known.sink);
    EXPECT_FALSE(known.table.take_ping(info));
    EXPECT_FALSE(known.table.take_ping(instance_info("a"))) << "nats.c leaves the metadata out of PING";
    EXPECT_TRUE(known.table.take_ping(instance_info("a", "1.0.1")));
    info.metadata["k"] = "w";
    EXPECT_TRUE(known.table.take_ping(info));
}

TEST(micro_watch_table, tells_every_kind_of_change_and_nothing_else) {
    const std::vector<std::function<void(micro::service_info&)>> changes{
        [](auto& info) { info.version = "2.0.0"; },
        [](auto& info) { info.description = "new"; },
        [](auto& info) { info.metadata["k"] = "v"; },
        [](auto& info) { info.endpoints[0].subject = "other"; },
        [](auto& info) { info.endpoints[0].queue_group = "other"; },
        [](auto& info) { info.endpoints[0].metadata["k"] = "v"; },
        [](auto& info) { info.endpoints.push_back(info.endpoints[0]); },
        [](auto& info) { info.endpoints.clear(); }};
    told_table known{{10, 2}};
    auto info = instance_info("a");
    known.table.take_info(info, known.sink);
    known.table.take_info(info, known.sink);
    EXPECT_EQ(known.take(), texts{"appeared a"});
    for (const auto& change : changes) {
        change(info);
        known.table.take_info(info, known.sink);
        known.table.take_info(info, known.sink);
        EXPECT_EQ(known.take(), texts{"changed a"});
    }
}

TEST(micro_watch_table, does_not_tell_that_somebody_went_who_never_appeared) {
    told_table known{{10, 1}};
    known.table.begin_round(known.sink);
    known.table.take_ping(instance_info("a"));
    known.table.begin_round(known.sink);
    known.table.begin_round(known.sink);
    EXPECT_EQ(known.take(), texts());
    EXPECT_TRUE(known.table.take_ping(instance_info("a")));
}

TEST(micro_watch_table, keeps_to_its_bound_and_counts_the_others) {
    told_table known{{2, 2}};
    for (const std::string id : {"a", "b", "c"}) known.table.take_info(instance_info(id), known.sink);
    EXPECT_FALSE(known.table.take_ping(instance_info("d")));
    EXPECT_EQ(known.take(), (texts{"appeared a", "appeared b"}));
    EXPECT_EQ(known.table.ignored(), 2U);
}

TEST(micro_pending_events, makes_one_event_of_those_of_an_instance) {
    using micro::service_event;
    const auto after = [](std::vector<service_change> changes) {
        micro::detail::pending_events events;
        int number = 0;
        for (const auto what : changes) {
            service_event event;
            event.what = what;
            event.service = instance_info("a", std::to_string(++number));
            events.add(std::move(event));
        }
        std::vector<std::pair<service_change, std::string>> taken;
        while (!events.empty()) {
            const auto event = events.take();
            taken.emplace_back(event.what, event.service.version);
        }
        return taken;
    };
    using some = std::vector<std::pair<service_change, std::string>>;
    constexpr auto appeared = service_change::appeared;
    constexpr auto changed = service_change::changed;
    constexpr auto gone = service_change::gone;
    EXPECT_EQ(after({appeared, changed}), (some{{appeared, "2"}}));
    EXPECT_EQ(after({changed, changed}), (some{{changed, "2"}}));
    EXPECT_EQ(after({changed, gone}), (some{{gone, "2"}}));
    EXPECT_EQ(after({gone, appeared}), (some{{changed, "2"}}));
    EXPECT_EQ(after({appeared, gone}), some());
    EXPECT_EQ(after({appeared, gone, appeared}), (some{{appeared, "3"}}));
}

TEST(micro_pending_events, keep_their_order) {
    micro::detail::pending_events events;
    for (const std::string id : {"b", "a", "c"}) {
        micro::service_event event;
        event.service = instance_info(id);
        events.add(std::move(event));
    }
    EXPECT_EQ(events.take().service.id, "b");
    EXPECT_EQ(events.take().service.id, "a");
    EXPECT_EQ(events.take().service.id, "c");
    EXPECT_TRUE(events.empty());
}

}  // namespace
}  // namespace mote::test
