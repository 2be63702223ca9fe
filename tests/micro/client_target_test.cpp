// Calls to one instance, and to instances of some versions.

#include <tests/micro/fake_instance.hpp>

#include <map>
#include <set>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

using client_target_test = micro_test;

micro::call_options of_version(std::string range) {
    micro::call_options opts;
    opts.version = range;
    return opts;
}

micro::call_options of_instance(std::string id) {
    micro::call_options opts;
    opts.instance = std::move(id);
    return opts;
}

/// Who answered to so many calls.
asio::awaitable<std::set<std::string>> answered_by(micro::client client, micro::call_options opts, int calls = 12) {
    std::set<std::string> ids;
    for (int i = 0; i < calls; ++i) {
        const auto reply = co_await client.call("S", "echo", "", opts);
        ids.insert(std::string(reply.payload().substr(0, reply.payload().find(':'))));
    }
    co_return ids;
}

asio::awaitable<failure> failed_target(micro::client client, micro::call_options opts, std::string endpoint = "echo") {
    return failure_of(client.call("S", std::move(endpoint), "", std::move(opts)));
}

using ids = std::set<std::string>;

TEST_F(client_target_test, asks_one_instance) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance a(here.connection, direct_info("a"));
        const fake_instance b(here.connection, direct_info("b"));
        co_await here.connection.flush();
        const micro::client client(here.caller, quick_lookup());
        const auto answered = co_await answered_by(client, of_instance("b"));
        EXPECT_EQ(answered, ids{"b"});
        EXPECT_EQ(b.subjects().at(0), "_MOTE.b.echo");
    });
}

TEST_F(client_target_test, does_not_wait_for_other_instances_when_the_one_has_answered) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance a(here.connection, direct_info("a"));
        co_await here.connection.flush();
        micro::client_options slow;
        slow.lookup_stall = 1h;
        slow.lookup_timeout = 1h;
        const micro::client client(here.caller, slow);
        const auto answered = co_await answered_by(client, of_instance("a"), 1);
        EXPECT_EQ(answered, ids{"a"});
    });
}

TEST_F(client_target_test, says_why_an_instance_cannot_be_asked) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto wild = direct_info("wild");
        wild.endpoints[0].subject = "s.>";
        auto odd = instance_info("odd");
        odd.metadata[std::string(micro::direct_key)] = "a.*";
        const fake_instance a(here.connection, instance_info("a"));
        const fake_instance b(here.connection, wild);
        const fake_instance c(here.connection, odd);
        co_await here.connection.flush();
        const micro::client client(here.caller, quick_lookup());

        const auto plain = co_await failed_target(client, of_instance("a"));
        EXPECT_EQ(plain.code, micro::errc::not_addressable);
        EXPECT_TRUE(contains(plain.text, "instance a of S: it does not advertise mote.direct")) << plain.text;
        const auto wildcard = co_await failed_target(client, of_instance("wild"));
        EXPECT_EQ(wildcard.code, micro::errc::not_addressable);
        EXPECT_TRUE(contains(wildcard.text, "has wildcards")) << wildcard.text;
        const auto prefix = co_await failed_target(client, of_instance("odd"));
        EXPECT_EQ(prefix.code, micro::errc::not_addressable);
        const auto missing = co_await failed_target(client, of_instance("z"));
        EXPECT_EQ(missing.code, micro::errc::not_found);
        EXPECT_TRUE(contains(missing.text, "S has no instance \"z\"")) << missing.text;
        const auto endpoint = co_await failed_target(client, of_instance("a"), "price");
        EXPECT_EQ(endpoint.code, micro::errc::not_found);
    });
}

TEST_F(client_target_test, does_not_turn_to_another_instance_than_the_one) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto a = std::make_unique<fake_instance>(here.connection, direct_info("a"));
        const fake_instance b(here.connection, direct_info("b"));
        co_await here.connection.flush();
        const micro::client client(here.caller, quick_lookup());
        co_await answered_by(client, of_instance("a"), 1);
        a.reset();
        co_await here.connection.flush();
        const auto failed = co_await failed_target(client, of_instance("a"));
        EXPECT_EQ(failed.code, micro::errc::not_found);
        EXPECT_EQ(b.asked(), 0);
    });
}

TEST_F(client_target_test, refuses_an_instance_together_with_a_subject) {
    in_world([](world& here) -> asio::awaitable<void> {
        const micro::client client(here.caller);
        auto opts = of_instance("a");
        opts.subject = "s.echo";
        const auto failed = co_await failed_target(client, opts);
        EXPECT_EQ(failed.code, micro::errc::bad_call);
    });
}

TEST_F(client_target_test, asks_an_instance_only_when_it_has_the_version) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance a(here.connection, direct_info("a", "1.2.0"));
        co_await here.connection.flush();
        const micro::client client(here.caller, quick_lookup());
        auto opts = of_instance("a");
        opts.version = "^1.1";
        const auto answered = co_await answered_by(client, opts, 1);
        EXPECT_EQ(answered, ids{"a"});
        opts.version = "^2";
        const auto failed = co_await failed_target(client, opts);
        EXPECT_EQ(failed.code, micro::errc::no_matching_version);
        EXPECT_TRUE(contains(failed.text, "instance a of S has 1.2.0, not ^2")) << failed.text;
    });
}

TEST_F(client_target_test, asks_all_instances_within_a_range_and_no_other) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance a(here.connection, direct_info("a", "1.2.0"));
        const fake_instance b(here.connection, direct_info("b", "1.3.0"));
        const fake_instance c(here.connection, direct_info("c", "2.0.0"));
        const fake_instance d(here.connection, instance_info("d", "1.4.0"));  // not addressable: left out
        const fake_instance e(here.connection, direct_info("e", "no version"));
        co_await here.connection.flush();
        const micro::client client(here.caller, quick_lookup());
        const auto answered = co_await answered_by(client, of_version("^1.2"));
        EXPECT_EQ(answered, (ids{"a", "b"}));
    });
}

TEST_F(client_target_test, shares_the_calls_out_among_the_instances) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance a(here.connection, direct_info("a", "1.2.0"));
        const fake_instance b(here.connection, direct_info("b", "1.3.0"));
        const fake_instance c(here.connection, direct_info("c", "2.0.0"));
        co_await here.connection.flush();
        const micro::client client(here.caller, quick_lookup());
        co_await answered_by(client, of_version("^1.2"), 20);
        EXPECT_EQ(a.asked(), 10);
        EXPECT_EQ(b.asked(), 10);
    });
}

TEST_F(client_target_test, uses_the_shared_subject_when_all_instances_are_within_the_range) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance a(here.connection, instance_info("a", "1.2.0"));
        const fake_instance b(here.connection, instance_info("b", "1.3.0"));
        co_await here.connection.flush();
        const micro::client client(here.caller, quick_lookup());
        co_await answered_by(client, of_version("^1.2"), 4);
        for (const auto* const each : {&a, &b})
            for (const auto& subject : each->subjects()) EXPECT_EQ(subject, "s.echo");
        EXPECT_EQ(a.asked() + b.asked(), 4);
    });
}

TEST_F(client_target_test, uses_the_shared_subject_where_versions_have_subjects_of_their_own) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto newer = instance_info("new", "2.0.0");
        newer.endpoints[0].subject = "s.v2.echo";
        const fake_instance a(here.connection, instance_info("old", "1.0.0"));
        const fake_instance b(here.connection, newer);
        co_await here.connection.flush();
        const micro::client client(here.caller, quick_lookup());
        const auto of_new = co_await answered_by(client, of_version("2"), 3);
        const auto of_old = co_await answered_by(client, of_version("<2"), 3);
        EXPECT_EQ(of_new, ids{"new"});
        EXPECT_EQ(of_old, ids{"old"});
    });
}

TEST_F(client_target_test, says_which_versions_there_are) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance a(here.connection, direct_info("a", "1.2.0"));
        const fake_instance b(here.connection, direct_info("b", "1.3.0"));
        const fake_instance c(here.connection, direct_info("c", "1.3.0"));
        co_await here.connection.flush();
        const micro::client client(here.caller, quick_lookup());
        const auto failed = co_await failed_target(client, of_version("^2"));
        EXPECT_EQ(failed.code, micro::errc::no_matching_version);
        EXPECT_TRUE(contains(failed.text, "S ^2: there is ")) << failed.text;
        EXPECT_TRUE(contains(failed.text, "1.2.0")) << failed.text;
        EXPECT_TRUE(contains(failed.text, "1.3.0")) << failed.text;
    });
}

TEST_F(client_target_test, says_that_the_instances_of_a_version_cannot_be_told_apart) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance a(here.connection, instance_info("a", "1.0.0"));
        const fake_instance b(here.connection, instance_info("b", "2.0.0"));
        co_await here.connection.flush();
        const micro::client client(here.caller, quick_lookup());
        const auto failed = co_await failed_target(client, of_version("^2"));
        EXPECT_EQ(failed.code, micro::errc::not_addressable);
    });
}

TEST_F(client_target_test, turns_to_another_instance_when_one_is_gone) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto a = std::make_unique<fake_instance>(here.connection, direct_info("a", "1.2.0"));
        const fake_instance b(here.connection, direct_info("b", "1.3.0"));
        const fake_instance c(here.connection, direct_info("c", "2.0.0"));
        co_await here.connection.flush();
        const micro::client client(here.caller, quick_lookup());
        co_await answered_by(client, of_version("^1.2"), 2);
        a->vanish();
        co_await here.connection.flush();
        const auto answered = co_await answered_by(client, of_version("^1.2"), 4);
        EXPECT_EQ(answered, ids{"b"});
    });
}

TEST_F(client_target_test, asks_with_what_it_knows_when_the_time_is_short) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance a(here.connection, direct_info("a", "1.2.0"));
        co_await here.connection.flush();
        micro::client_options slow;
        slow.lookup_stall = 1h;
        slow.lookup_timeout = 1h;
        const micro::client client(here.caller, slow);
        auto opts = of_version("^1");
        opts.timeout = 1s;
        const auto answered = co_await answered_by(client, opts, 1);
        EXPECT_EQ(answered, ids{"a"});
    });
}

}  // namespace
}  // namespace mote::test
