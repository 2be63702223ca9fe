// One question to all instances of a service.

#include <tests/micro/fake_instance.hpp>

#include <mote/micro/deadline.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

using client_gather_test = micro_test;
using entries = std::vector<micro::instance_reply<nats::message>>;

fake_instance::handler fails() {
    return [](const nats::connection& nc, const nats::message_view& asked) {
        const nats::headers headers{{"Nats-Service-Error", "busy"}, {"Nats-Service-Error-Code", "503"}};
        nc.respond(asked, "data", &headers);
    };
}

fake_instance::handler mute() {
    return [](const nats::connection&, const nats::message_view&) {};
}

/// An instance without a queue group, so that all get every message.
micro::service_info fan_out_info(std::string id) {
    auto info = instance_info(std::move(id));
    info.endpoints[0].queue_group.clear();
    return info;
}

/// What became of each instance, by its id: the reply, or the text of the error's code.
std::map<std::string, std::string> outcomes(const entries& all) {
    std::map<std::string, std::string> told;
    for (const auto& each : all) {
        EXPECT_NE(each.reply.has_value(), each.error != nullptr) << each.id;
        EXPECT_EQ(each.reply.has_value(), !each.code) << each.id;
        EXPECT_TRUE(
            told.emplace(each.id, each.reply ? std::string(each.reply->payload()) : each.code.message()).second);
    }
    return told;
}

std::string message_of(const boost::system::error_code& code) { return code.message(); }

/// The entries of a call of `echo`.
asio::awaitable<entries> all_of(micro::client client, micro::gather_options opts = micro::gather_options(),
                                std::string endpoint = "echo") {
    return client.call_all("S", std::move(endpoint), "x", std::move(opts));
}

TEST_F(client_gather_test, asks_every_instance_by_itself) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance a(here.connection, direct_info("a", "1.0.0"));
        const fake_instance b(here.connection, direct_info("b", "2.0.0"));
        const fake_instance c(here.connection, direct_info("c"));
        co_await here.connection.flush();
        const micro::client client(here.caller, quick_lookup());
        const auto all = co_await all_of(client);
        EXPECT_EQ(outcomes(all), (std::map<std::string, std::string>{{"a", "a:x"}, {"b", "b:x"}, {"c", "c:x"}}));
        for (const auto& each : all) EXPECT_EQ(each.version, each.id == "b" ? "2.0.0" : "1.0.0");
        EXPECT_EQ(a.subjects().at(0), "_MOTE.a.echo");
    });
}

TEST_F(client_gather_test, loses_nothing_silently) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto other = direct_info("other");
        other.endpoints[0].name = "price";
        const fake_instance good(here.connection, direct_info("good"));
        const fake_instance bad(here.connection, direct_info("bad"), fails());
        const fake_instance slow(here.connection, direct_info("slow"), mute());
        fake_instance gone(here.connection, direct_info("gone"));
        const fake_instance plain(here.connection, instance_info("plain"));
        const fake_instance without(here.connection, other);
        co_await here.connection.flush();
        const micro::client client(here.caller, quick_lookup());
        co_await all_of(client);
        gone.vanish();
        co_await here.connection.flush();
        micro::gather_options opts;
        opts.max_age = 1h;  // `gone` is still known
        opts.timeout = 300ms;
        const auto all = co_await all_of(client, opts);
        const std::map<std::string, std::string> expected{{"good", "good:x"},
                                                          {"bad", message_of(micro::errc::service_error)},
                                                          {"slow", message_of(nats::errc::timeout)},
                                                          {"gone", message_of(nats::errc::no_responders)},
                                                          {"plain", message_of(micro::errc::not_addressable)},
                                                          {"other", message_of(micro::errc::not_found)}};
        EXPECT_EQ(outcomes(all), expected);
        for (const auto& each : all) {
            if (each.id != "bad") continue;
            std::optional<answer> thrown;
            try {
                each.value();
            } catch (const micro::service_error& error) {
                thrown = answer{error.status(), error.description(), error.data()};
            }
            EXPECT_EQ(thrown, (answer{503, "busy", "data"}));
        }
    });
}

TEST_F(client_gather_test, asks_instances_of_other_frameworks_together_where_all_get_the_message) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto direct = fan_out_info("c");
        direct.metadata[std::string(micro::direct_key)] = "_MOTE.c";
        const fake_instance a(here.connection, fan_out_info("a"));
        const fake_instance b(here.connection, fan_out_info("b"), fails());
        const fake_instance c(here.connection, direct);
        co_await here.connection.flush();
        const micro::client client(here.caller, quick_lookup());
        const auto all = co_await all_of(client);
        std::multiset<std::string> told;
        for (const auto& each : all) {
            EXPECT_EQ(each.id, "") << "a reply does not tell whose it is";
            told.insert(each.reply ? std::string(each.reply->payload()) : each.code.message());
        }
        EXPECT_EQ(told, (std::multiset<std::string>{"a:x", "c:x", message_of(micro::errc::service_error)}));
        EXPECT_EQ(c.asked(), 1);
    });
}

TEST_F(client_gather_test, has_an_entry_for_each_of_them_that_does_not_answer) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance a(here.connection, fan_out_info("a"));
        const fake_instance b(here.connection, fan_out_info("b"), mute());
        const fake_instance c(here.connection, fan_out_info("c"), mute());
        co_await here.connection.flush();
        const micro::client client(here.caller, quick_lookup());
        micro::gather_options opts;
        opts.timeout = 500ms;
        const auto all = co_await all_of(client, opts);
        EXPECT_EQ(all.size(), 3U);
        EXPECT_EQ(std::ranges::count_if(all, [](const auto& each) { return each.code == nats::errc::timeout; }), 2);
    });
}

TEST_F(client_gather_test, gives_up_when_no_reply_came_for_so_long_after_one) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance a(here.connection, direct_info("a"));
        const fake_instance b(here.connection, direct_info("b"), mute());
        co_await here.connection.flush();
        const micro::client client(here.caller, quick_lookup());
        micro::gather_options opts;
        opts.timeout = 1h;
        opts.stall = 30ms;
        const auto all = co_await all_of(client, opts);
        EXPECT_EQ(outcomes(all),
                  (std::map<std::string, std::string>{{"a", "a:x"}, {"b", message_of(nats::errc::timeout)}}));
    });
}

TEST_F(client_gather_test, ends_after_enough_replies_and_says_so_of_the_others) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance a(here.connection, direct_info("a"));
        const fake_instance b(here.connection, direct_info("b"), mute());
        const fake_instance c(here.connection, direct_info("c"), mute());
        co_await here.connection.flush();
        const micro::client client(here.caller, quick_lookup());
        micro::gather_options opts;
        opts.timeout = 1h;
        opts.max_replies = 1;
        const auto all = co_await all_of(client, opts);
        const auto not_awaited = message_of(micro::errc::not_awaited);
        EXPECT_EQ(outcomes(all),
                  (std::map<std::string, std::string>{{"a", "a:x"}, {"b", not_awaited}, {"c", not_awaited}}));
    });
}

TEST_F(client_gather_test, asks_only_instances_within_a_range) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance a(here.connection, direct_info("a", "1.0.0"));
        const fake_instance b(here.connection, direct_info("b", "2.0.0"));
        co_await here.connection.flush();
        const micro::client client(here.caller, quick_lookup());
        micro::gather_options opts;
        opts.version = "^2";
        const auto all = co_await all_of(client, opts);
        EXPECT_EQ(outcomes(all), (std::map<std::string, std::string>{{"b", "b:x"}}));
        EXPECT_EQ(a.asked(), 0);
        opts.version = "^3";
        const auto failed = co_await failure_of(all_of(client, opts));
        EXPECT_EQ(failed.code, micro::errc::no_matching_version);
    });
}

TEST_F(client_gather_test, does_not_ask_together_what_others_would_hear) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto newer = fan_out_info("b");
        newer.version = "2.0.0";
        const fake_instance a(here.connection, fan_out_info("a"));
        const fake_instance b(here.connection, newer);
        co_await here.connection.flush();
        const micro::client client(here.caller, quick_lookup());
        micro::gather_options opts;
        opts.version = "^2";
        const auto all = co_await all_of(client, opts);
        EXPECT_EQ(outcomes(all), (std::map<std::string, std::string>{{"b", message_of(micro::errc::not_addressable)}}));
        EXPECT_EQ(a.asked() + b.asked(), 0);
    });
}

TEST_F(client_gather_test, finds_an_instance_that_came_since_the_last_lookup) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance a(here.connection, direct_info("a"));
        co_await here.connection.flush();
        const micro::client client(here.caller, quick_lookup());
        const auto before = co_await all_of(client);
        EXPECT_EQ(before.size(), 1U);
        const fake_instance b(here.connection, direct_info("b"));
        co_await here.connection.flush();
        const auto after = co_await all_of(client);
        EXPECT_EQ(after.size(), 2U);
        EXPECT_EQ(a.asked_for_info(), 2);
    });
}

TEST_F(client_gather_test, sends_the_headers_with_the_time_that_is_left) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance a(here.connection, direct_info("a"));
        co_await here.connection.flush();
        const micro::client client(here.caller, quick_lookup());
        micro::gather_options opts;
        opts.headers = {{"X", "1"}};
        opts.timeout = 1h;
        opts.deadline = std::chrono::steady_clock::now() + 20s;
        co_await all_of(client, opts);
        const nats::headers_view seen(a.last_headers());
        EXPECT_EQ(seen.get("X"), "1");
        const auto left = micro::deadline_in(seen);
        EXPECT_TRUE(left && *left > 1s && *left <= 20s);
    });
}

TEST_F(client_gather_test, throws_when_there_is_nobody_to_ask) {
    in_world([](world& here) -> asio::awaitable<void> {
        const micro::client client(here.caller, quick_lookup());
        const auto nobody = co_await failure_of(all_of(client));
        EXPECT_EQ(nobody.code, micro::errc::not_found);
        const fake_instance a(here.connection, direct_info("a"));
        co_await here.connection.flush();
        const auto endpoint = co_await failure_of(all_of(client, micro::gather_options(), "price"));
        EXPECT_EQ(endpoint.code, micro::errc::not_found);
        EXPECT_TRUE(contains(endpoint.text, "it has echo")) << endpoint.text;
    });
}

}  // namespace
}  // namespace mote::test
