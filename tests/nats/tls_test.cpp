#include <tests/nats/live_tls.hpp>
#include <tests/nats/scripted_server.hpp>

#include <filesystem>
#include <memory>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;
using nats::errc;

// ---- when it is used

TEST_F(live_tls, is_used_when_the_server_requires_it) {
    const nats_server server(with_tls());
    run([](nats::options how) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        EXPECT_TRUE(nc.server().tls_required);
        auto echo = nc.subscribe("echo", [&](const nats::message_view& asked) { nc.respond(asked, asked.payload); });
        EXPECT_EQ((co_await nc.request("echo", "hello")).payload(), "hello");
    }(trusting(server)));
}

TEST_F(live_tls, is_used_whatever_the_scheme) {
    const nats_server server(with_tls());
    for (const char* scheme : {"", "nats://", "tls://"}) run(talk(trusting(scheme + by_name(server))));
    run(talk(trusting(by_number(server))));
}

/// The first bytes that a client says over TLS to a server that it knows by this name.
std::string client_hello(nats::options opts, const std::string& host) {
    std::string hello;
    {
        scripted_server server([&](scripted_link& link, int) {
            link.send("INFO {\"server_id\":\"S\",\"headers\":true,\"max_payload\":1048576,\"tls_required\":true}\r\n");
            hello = link.read_some();
        });
        opts.servers = {host + ":" + std::to_string(server.port())};
        opts.reconnect.enabled = false;
        run([](nats::options how) -> asio::awaitable<void> {
            const auto seen = co_await failure_of(connection::connect(how));
            EXPECT_TRUE(seen.code);
        }(opts));
    }
    return hello;
}

TEST_F(live_tls, offers_no_version_before_1_2_and_names_the_host) {
    const nats_server server(with_tls());
    // Extension 43, 5 bytes: a list of 4, which are 1.3 and 1.2 (RFC 8446, 4.2.1).
    const std::string versions("\x00\x2b\x00\x05\x04\x03\x04\x03\x03", 9);
    const auto by_its_name = client_hello(trusting(server), "localhost");
    EXPECT_TRUE(contains(by_its_name, versions));
    EXPECT_TRUE(contains(by_its_name, "localhost"));
    const auto by_its_number = client_hello(trusting(server), "127.0.0.1");
    EXPECT_TRUE(contains(by_its_number, versions));
    EXPECT_FALSE(contains(by_its_number, "127.0.0.1")) << "no name, which is all that SNI knows (RFC 6066, 3)";
}

TEST_F(live_tls, carries_nothing_in_plain_text) {
    auto server_options = with_tls();
    server_options.user = "me";
    server_options.password = "s3cret";
    const nats_server server(server_options);
    const tcp_proxy proxy(server.port());
    auto opts = trusting("localhost:" + std::to_string(proxy.port()));
    opts.user = "me";
    opts.password = "s3cret";
    run(talk(opts));
    std::size_t bytes = 0;
    for (const auto& each : proxy.connections())
        for (const auto direction : {proxy_direction::to_target, proxy_direction::to_client}) {
            const auto seen = each.bytes(direction);
            bytes += seen.size();
            for (const char* word : {"CONNECT", "s3cret", "hello", "PING"}) EXPECT_FALSE(contains(seen, word)) << word;
        }
    EXPECT_GT(bytes, 500u);
}

TEST_F(live_tls, that_is_wanted_and_not_offered_is_an_error_and_tells_the_server_nothing) {
    const std::string files = authority.file();
    const auto own = authority.give("DNS:me");
    struct wish {
        const char* what;
        std::function<void(nats::options&)> set;
    };
    const wish wishes[] = {
        {"required", [](nats::options& opts) { opts.tls.required = true; }},
        {"ca", [&](nats::options& opts) { opts.tls.ca = files; }},
        {"name", [](nats::options& opts) { opts.tls.server_name = "localhost"; }},
        {"key", [&](nats::options& opts) { opts.tls.certificate = own.certificate, opts.tls.key = own.key; }},
        {"address", [](nats::options& opts) { opts.servers = {"tls://" + opts.servers.at(0)}; }},
    };
    scripted_server server([](scripted_link& link, int) {
        link.send("INFO {\"server_id\":\"S\",\"auth_required\":true,\"nonce\":\"abc\"}\r\n");
        EXPECT_EQ(link.read_all(), "");
    });
    for (const auto& wish : wishes) {
        SCOPED_TRACE(wish.what);
        auto opts = options_for("127.0.0.1:" + std::to_string(server.port()));
        opts.user = "me";
        opts.password = "s3cret";
        wish.set(opts);
        expect_refusal(opts, errc::tls_unavailable, {"127.0.0.1:"});
    }
}

TEST_F(live_tls, is_wanted_of_all_servers_when_one_address_says_so) {
    const nats_server plain(core_only());
    auto opts = options_for("tls://" + by_name(plain));
    opts.servers.push_back("nats://" + by_number(plain));
    expect_refusal(opts, errc::tls_unavailable, {by_name(plain), by_number(plain)});
}

TEST_F(live_tls, begins_where_the_server_only_offers_it_and_the_client_wants_it) {
    auto options = with_tls();
    options.config += "allow_non_tls: true\n";
    const nats_server server(options);
    run([](nats::options secured, nats::options open) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(secured);
        EXPECT_TRUE(nc.server().tls_available);
        const auto plain = co_await connection::connect(open);
        co_await plain.flush();
    }(trusting(server), options_for(server)));
    expect_refusal(
        [&] {
            auto opts = trusting(server);
            opts.tls.ca = stranger.file();
            return opts;
        }(),
        errc::bad_certificate, {});
}

// ---- whom it trusts

TEST_F(live_tls, refuses_a_certificate_for_another_host_and_says_for_which) {
    const nats_server server(with_tls(authority.give("DNS:elsewhere.example,IP:10.0.0.1")));
    expect_refusal(trusting(server), errc::bad_certificate, {by_name(server), "for \"localhost\"", "ostname mismatch"});
    expect_refusal(trusting(by_number(server)), errc::bad_certificate, {"for \"127.0.0.1\"", "IP address mismatch"});
    auto opts = trusting(server);
    opts.tls.server_name = "elsewhere.example";
    run(talk(opts));
    opts.tls.server_name = "10.0.0.1";
    run(talk(opts));
    opts.tls.server_name = "elsewhere";
    expect_refusal(opts, errc::bad_certificate, {"for \"elsewhere\"", "ostname mismatch"});
}

TEST_F(live_tls, takes_a_wildcard_for_one_label_only) {
    const nats_server server(with_tls(authority.give("DNS:*.nats.example")));
    auto opts = trusting(server);
    opts.tls.server_name = "one.nats.example";
    run(talk(opts));
    for (const char* name : {"nats.example", "one.two.nats.example"}) {
        opts.tls.server_name = name;
        expect_refusal(opts, errc::bad_certificate, {"ostname mismatch"});
    }
}

TEST_F(live_tls, refuses_an_expired_certificate) {
    const nats_server server(with_tls(authority.give("DNS:localhost", -60)));
    expect_refusal(trusting(server), errc::bad_certificate, {"\"localhost\"", "certificate has expired"});
}

TEST_F(live_tls, refuses_an_authority_that_it_does_not_know) {
    const nats_server server(with_tls(stranger.give("DNS:localhost")));
    expect_refusal(trusting(server), errc::bad_certificate,
                   {"\"localhost\"", "unable to get local issuer certificate"});
    auto opts = trusting(server);
    opts.tls.ca.clear();  // those of the system do not know it either
    expect_refusal(opts, errc::bad_certificate, {"unable to get local issuer certificate"});
    opts.tls.ca = stranger.file();
    run(talk(opts));
}

TEST_F(live_tls, takes_any_certificate_only_when_told_so_in_so_many_words) {
    const nats_server server(with_tls(stranger.give("DNS:elsewhere.example", -60)));
    auto opts = options_for(by_name(server));
    opts.connect_timeout = 20s;
    expect_refusal(opts, errc::bad_certificate, {});
    opts.tls.insecure_accept_any_certificate = true;
    run(talk(opts));
}

TEST_F(live_tls, trusts_a_certificate_that_is_in_the_file_itself) {
    const auto files = authority.give("DNS:localhost");
    const nats_server server(with_tls(files));
    auto opts = trusting(server);
    opts.tls.ca = files.certificate;
    run(talk(opts));
}

// ---- who the client is

TEST_F(live_tls, shows_its_own_certificate_to_a_server_that_asks_for_it) {
    const nats_server server(
        with_tls(authority.give("DNS:localhost"), "ca_file: \"" + authority.file() + "\", verify: true"));
    auto opts = trusting(server);
    const auto own = authority.give("DNS:client");
    opts.tls.certificate = own.certificate;
    opts.tls.key = own.key;
    run(talk(opts));
}

TEST_F(live_tls, is_refused_by_a_server_that_wants_another_certificate) {
    const nats_server server(
        with_tls(authority.give("DNS:localhost"), "ca_file: \"" + authority.file() + "\", verify: true"));
    auto opts = trusting(server);
    expect_refusal(opts, errc::tls_failed, {by_name(server), "the server refuses", "certificate"});
    const auto foreign = stranger.give("DNS:client");
    opts.tls.certificate = foreign.certificate;
    opts.tls.key = foreign.key;
    expect_refusal(opts, errc::tls_failed, {by_name(server), "the server refuses"});
    const auto expired = authority.give("DNS:client", -60);
    opts.tls.certificate = expired.certificate;
    opts.tls.key = expired.key;
    expect_refusal(opts, errc::tls_failed, {by_name(server), "the server refuses"});
}

TEST_F(live_tls, may_be_the_login_itself) {
    auto options =
        with_tls(authority.give("DNS:localhost"), "ca_file: \"" + authority.file() + "\", verify_and_map: true");
    options.config += "authorization { users [ { user: \"client.example\" } ] }\n";
    const nats_server server(options);
    auto opts = trusting(server);
    auto own = authority.give("DNS:client.example");
    opts.tls.certificate = own.certificate;
    opts.tls.key = own.key;
    run(talk(opts));
    own = authority.give("DNS:somebody.example");
    opts.tls.certificate = own.certificate;
    opts.tls.key = own.key;
    expect_refusal(opts, errc::auth_failed, {"Authorization Violation"});
}

// ---- servers that were not named

/// Two servers with TLS that know of each other by their addresses.
TEST_F(live_tls, keeps_the_name_for_servers_that_were_discovered_by_bare_address) {
    const auto files = authority.give("DNS:localhost");
    const auto route = free_port();
    const auto member = [&](std::uint16_t listen, const std::string& routes) {
        auto options = with_tls(files);
        options.config += "cluster { name: c, listen: \"127.0.0.1:" + std::to_string(listen) + "\"" + routes + " }\n";
        return options;
    };
    nats_server first(member(route, ""));
    const nats_server second(member(free_port(), ", routes: [ \"nats://127.0.0.1:" + std::to_string(route) + "\" ]"));
    run([](nats::options how, nats_server& dies, std::string other) -> asio::awaitable<void> {
        const event_log log;
        log.watch(how);
        const auto nc = co_await connection::connect(how);
        EXPECT_TRUE(co_await eventually([&] { return nc.server().connect_urls.size() == 2; }));
        dies.kill();
        co_await wait_reconnected(nc, 1);
        EXPECT_EQ(nc.connected_server(), other) << log.text();
    }(trusting(first), first, by_number(second)));
}

// ---- handshake first

TEST_F(live_tls, may_begin_before_the_server_says_a_word) {
    auto options = with_tls(authority.give("DNS:localhost"));
    {
        const nats_server probe(options);
        bool old = false;
        run([](nats::options how, bool& is_old) -> asio::awaitable<void> {
            const auto nc = co_await connection::connect(how);
            is_old = nc.server().version.starts_with("2.9.");
        }(trusting(probe), old));
        if (old) GTEST_SKIP() << "needs nats-server 2.10.4";
    }
    // For a moment, then it greets who has not begun: so that the test sees when it is ready.
    options.config = tls_config(authority.give("DNS:localhost"), "handshake_first: \"2s\"");
    const nats_server server(options);
    const tcp_proxy proxy(server.port());
    auto opts = trusting("localhost:" + std::to_string(proxy.port()));
    opts.tls.handshake_first = true;
    run(talk(opts));
    for (const auto& each : proxy.connections()) {
        EXPECT_FALSE(contains(each.bytes(proxy_direction::to_client), "INFO"));
        ASSERT_FALSE(each.chunks.empty());
        EXPECT_EQ(each.chunks.front().direction, proxy_direction::to_target);
        EXPECT_EQ(each.chunks.front().bytes.substr(0, 2), "\x16\x03") << "a handshake record";
    }
}

TEST_F(live_tls, that_begins_first_at_a_server_that_does_not_is_an_error) {
    const nats_server plain(core_only());
    const nats_server later(with_tls());
    for (const auto* server : {&plain, &later}) {
        auto opts = trusting(*server);
        opts.tls.handshake_first = true;
        expect_refusal(opts, errc::tls_failed, {by_name(*server), "the server does not answer with TLS"});
    }
}

}  // namespace
}  // namespace mote::test
