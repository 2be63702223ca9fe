// Who gets through: by a header, and by what the server says of who asks.

#include <tests/micro/world.hpp>
#include <tests/support/raw_client.hpp>

#include <mote/micro/middleware/require_auth.hpp>

#include <stdexcept>

namespace mote::test {
namespace {

using middleware_auth_test = micro_test;

/// Asks with headers.
asio::awaitable<answer> ask_with(nats::connection caller, std::string subject, nats::headers headers) {
    nats::request_options opts;
    opts.headers = std::move(headers);
    answer got;
    try {
        const auto reply = co_await micro::call(caller, subject, "", opts);
        got.body = reply.payload();
    } catch (const micro::service_error& failed) {
        got.status = failed.status();
        got.description = failed.description();
        got.body = failed.data();
    }
    co_return got;
}

const answer unauthorized{401, "unauthorized", ""};
const answer forbidden{403, "forbidden", ""};

TEST_F(middleware_auth_test, a_token_lets_through_and_nothing_else_does) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto config = here.config();
        config.middleware = {micro::require_token({"old-token", "new-token"})};
        micro::service service(config);
        service.endpoint("inline", [](micro::request& req) { req.respond("in"); });
        service.endpoint("waits", [](micro::request req) -> asio::awaitable<void> {
            req.respond("in");
            co_return;
        });
        co_await service.start(here.connection);
        for (const auto* const endpoint : {"inline", "waits"}) {
            for (const auto* const good : {"Bearer old-token", "bearer new-token"}) {
                const nats::headers headers{{"Authorization", good}};
                const auto got = co_await ask_with(here.caller, endpoint, headers);
                EXPECT_EQ(got, body("in")) << good;
            }
            for (const auto* const bad : {"Bearer old-toke", "Bearer old-tokenn", "Bearer OLD-TOKEN", "old-token",
                                          "Bearer", "Bearer old-tokenold-token", "Basic old-token", ""}) {
                const nats::headers headers{{"Authorization", bad}};
                const auto got = co_await ask_with(here.caller, endpoint, headers);
                EXPECT_EQ(got, unauthorized) << bad;
            }
            const auto without = co_await ask(here.caller, endpoint);
            EXPECT_EQ(without, unauthorized);
            const nats::headers twice{{"Authorization", "Bearer old-token"}, {"Authorization", "Bearer new-token"}};
            const auto ambiguous = co_await ask_with(here.caller, endpoint, twice);
            EXPECT_EQ(ambiguous, unauthorized);
        }
    });
}

TEST_F(middleware_auth_test, a_header_of_another_name_has_the_bare_token) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto config = here.config();
        config.middleware = {micro::require_token({"key"}, "X-Api-Key"),
                             micro::require_header("X-Region", [](std::string_view value) { return value == "eu"; })};
        micro::service service(config);
        service.endpoint("e", [](micro::request& req) { req.respond("in"); });
        co_await service.start(here.connection);
        const nats::headers both{{"X-Api-Key", "key"}, {"X-Region", "eu"}};
        const auto good = co_await ask_with(here.caller, "e", both);
        EXPECT_EQ(good, body("in"));
        const nats::headers elsewhere{{"X-Api-Key", "key"}, {"X-Region", "us"}};
        const auto wrong_region = co_await ask_with(here.caller, "e", elsewhere);
        EXPECT_EQ(wrong_region, unauthorized);
        const nats::headers scheme{{"X-Api-Key", "Bearer key"}, {"X-Region", "eu"}};
        const auto with_scheme = co_await ask_with(here.caller, "e", scheme);
        EXPECT_EQ(with_scheme, unauthorized);
    });
}

TEST(require_token, wants_tokens_that_are_not_empty) {
    EXPECT_THROW(micro::require_token({}), std::invalid_argument);
    EXPECT_THROW(micro::require_token({"good", ""}), std::invalid_argument);
    EXPECT_THROW(micro::require_account({}), std::invalid_argument);
}

TEST(same_secret, compares_all_bytes_and_the_length) {
    EXPECT_TRUE(micro::same_secret("abc", "abc"));
    EXPECT_TRUE(micro::same_secret("", ""));
    EXPECT_FALSE(micro::same_secret("abd", "abc"));
    EXPECT_FALSE(micro::same_secret("bbc", "abc"));
    EXPECT_FALSE(micro::same_secret("ab", "abc"));
    EXPECT_FALSE(micro::same_secret("abcabc", "abc"));
    EXPECT_FALSE(micro::same_secret("", "abc"));
    EXPECT_FALSE(micro::same_secret("a", ""));
}

/// Accounts SHOP and GUEST, who import the service of ACCOUNT HOME; SHOP shows who its users are.
nats_server_options with_accounts() {
    nats_server_options options;
    options.jetstream = false;
    options.config = R"(
accounts {
    HOME: {
        users: [{user: home, password: p}]
        exports: [{service: "who"}]
    }
    SHOP: {
        users: [{user: anna, password: p}]
        imports: [{service: {account: HOME, subject: "who"}, share: true}]
    }
    GUEST: {
        users: [{user: berta, password: p}]
        imports: [{service: {account: HOME, subject: "who"}}]
    }
})";
    return options;
}

asio::awaitable<nats::connection> connect_as(const nats_server& server, std::string user) {
    auto opts = options_for(server);
    opts.user = std::move(user);
    opts.password = "p";
    return nats::connection::connect(std::move(opts));
}

raw_client raw_client_as(const nats_server& server, std::string user) {
    raw_client_options opts;
    opts.user = std::move(user);
    opts.password = "p";
    return raw_client(server.port(), opts);
}

void answer_who(micro::request& req) {
    const auto who = micro::requester_of(req);
    req.respond(who ? who->account + "/" + who->user : "nobody");
}

class requester_test : public micro_test {
protected:
    /// `body(server, home)`, with a service of HOME on `who`, around which is `around`.
    template <class Body>
    void with_service(std::vector<micro::middleware> around, Body body) {
        nats_server server(with_accounts());
        run(served(server, std::move(around), body));
    }

private:
    template <class Body>
    static asio::awaitable<void> served(nats_server& server, std::vector<micro::middleware> around, Body body) {
        auto home = co_await connect_as(server, "home");
        micro::service_config config;
        config.name = "Who";
        config.version = "1.0.0";
        config.middleware = std::move(around);
        micro::service service(config);
        service.endpoint("who", answer_who);
        co_await service.start(home);
        co_await body(server, home);
        home.close();
    }
};

TEST_F(requester_test, is_told_by_the_server_at_an_import) {
    with_service({}, [](nats_server& server, nats::connection home) -> asio::awaitable<void> {
        auto anna = co_await connect_as(server, "anna");
        auto berta = co_await connect_as(server, "berta");
        const auto shared = co_await ask(anna, "who");
        EXPECT_EQ(shared, body("SHOP/anna"));
        const auto unshared = co_await ask(berta, "who");
        EXPECT_EQ(unshared, body("GUEST/"));
        const auto at_home = co_await ask(home, "who");
        EXPECT_EQ(at_home, body("nobody"));
        anna.close();
        berta.close();
    });
}

TEST_F(requester_test, an_account_lets_through_or_not) {
    with_service({micro::require_account({"OTHER", "SHOP"})},
                 [](nats_server& server, nats::connection home) -> asio::awaitable<void> {
                     auto anna = co_await connect_as(server, "anna");
                     auto berta = co_await connect_as(server, "berta");
                     const auto good = co_await ask(anna, "who");
                     EXPECT_EQ(good, body("SHOP/anna"));
                     const auto guest = co_await ask(berta, "who");
                     EXPECT_EQ(guest, forbidden);
                     const auto at_home = co_await ask(home, "who");
                     EXPECT_EQ(at_home, forbidden);
                     anna.close();
                     berta.close();
                 });
}

const std::string forged = R"(Nats-Request-Info: {"acc":"SHOP","user":"anna"})";

TEST_F(requester_test, a_header_that_a_client_of_the_own_account_sends_proves_nothing) {
    with_service({micro::require_account({"SHOP"})}, [](nats_server&, nats::connection home) -> asio::awaitable<void> {
        const nats::headers headers{{"Nats-Request-Info", R"({"acc":"SHOP","user":"anna"})"}};
        const auto got = co_await ask_with(home, "who", headers);
        EXPECT_EQ(got, forbidden);
    });
}

TEST_F(requester_test, no_client_can_use_a_reply_subject_as_the_server_makes_them) {
    with_service({}, [](nats_server& server, nats::connection) -> asio::awaitable<void> {
        auto client = raw_client_as(server, "home");
        client.subscribe("who");  // sees what the service sees, were it not refused
        client.flush();
        client.publish("who", "", "NATS/1.0\r\n" + forged + "\r\n\r\n", "_R_.abcdef.ghi");
        std::string refused;
        try {
            client.flush();
        } catch (const std::runtime_error& thrown) {
            refused = thrown.what();
        }
        EXPECT_NE(refused.find("Permissions Violation for Publish with Reply of \"_R_.abcdef.ghi\""), std::string::npos)
            << refused;
        // What the server takes from it afterwards comes first: the refused message went nowhere.
        client.publish("who", "taken", {}, "answer.here");
        auto first = client.read_frame();
        if (first == "PONG\r\n") first = client.read_frame();  // of the flush that threw
        EXPECT_NE(first.find("taken"), std::string::npos) << first;
        co_return;
    });
}

TEST_F(requester_test, forged_headers_from_another_account_are_replaced_or_refused) {
    with_service({}, [](nats_server& server, nats::connection home) -> asio::awaitable<void> {
        std::vector<std::string> heard;
        const auto listening =
            home.subscribe("heard", [&](const nats::message_view& m) { heard.emplace_back(m.payload); });
        co_await home.flush();
        const std::vector<std::string> blocks{
            "NATS/1.0\r\n" + forged + "\r\n\r\n",
            "NATS/1.0\r\n" + forged + "\r\n" + forged + "\r\n\r\n",
            "NATS/1.0\r\n" + forged + "\r\n" + forged + "\r\n" + forged + "\r\n\r\n",
            "NATS/1.0\r\n" + forged + "\r\n" + forged + "\r\n\r\nX: y\r\n\r\n",
            "NATS/1.0\r\nnats-request-info: {\"acc\":\"SHOP\"}\r\n\r\n",
            "NATS/1.0\r\nNats-Request-Info : {\"acc\":\"SHOP\"}\r\n\r\n",
            "NATS/1.0\r\n Nats-Request-Info: {\"acc\":\"SHOP\"}\r\n\r\n",
        };
        for (const auto& block : blocks) {
            auto client = raw_client_as(server, "berta");
            client.subscribe("answer.here");
            client.publish("who", "", block, "answer.here");
            client.flush();
            // The service is on this thread's loop: let it answer, and see that it has.
            std::optional<std::string> frame;
            for (int i = 0; i < 2000 && !frame; ++i) {
                co_await home.flush();
                frame = client.try_read_frame(std::chrono::milliseconds(1));
            }
            EXPECT_TRUE(frame) << block;
            if (!frame) continue;
            EXPECT_EQ(frame->find("SHOP"), std::string::npos) << block << *frame;
            EXPECT_TRUE(frame->find("GUEST/") != std::string::npos || frame->find("nobody") != std::string::npos)
                << block << *frame;
        }
    });
}

}  // namespace
}  // namespace mote::test
