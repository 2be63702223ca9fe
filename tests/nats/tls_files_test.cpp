#include <tests/nats/live_tls.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace mote::test {
namespace {

using nats::connection;
using nats::errc;
using nats::event_kind;

class live_tls_files : public live_tls {
protected:
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(authority.path(name), std::ios::binary) << text;
        return authority.path(name);
    }
    static std::string text_of(const std::string& path) {
        std::ifstream file(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
};

TEST_F(live_tls_files, that_cannot_be_used_are_named_with_the_reason) {
    const nats_server server(with_tls());
    const auto own = authority.give("DNS:me");
    const auto other = authority.give("DNS:other");
    const auto absent = authority.path("absent.pem");
    const auto garbage = write("garbage.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    const auto empty = write("empty.pem", "");
    struct example {
        std::string ca, certificate, key;
        std::string named, reason;
    };
    const example examples[] = {
        {absent, "", "", absent, "No such file or directory"},
        {garbage, "", "", garbage, "there is no certificate in it"},
        {empty, "", "", empty, "there is no certificate in it"},
        {own.key, "", "", own.key, "there is no certificate in it"},
        {authority.file(), absent, own.key, absent, "No such file or directory"},
        {authority.file(), own.certificate, absent, absent, "No such file or directory"},
        {authority.file(), own.key, own.key, own.key, "there is no certificate in it"},
        {authority.file(), own.certificate, own.certificate, own.certificate, "there is no key in it"},
        {authority.file(), own.certificate, other.key, other.key, "the key is not that of the certificate"},
        {authority.file(), own.certificate, authority.encrypted_key(), authority.encrypted_key(), "passphrase"},
        {authority.file(), own.certificate, "", "certificate and its key", "one is missing"},
        {authority.file(), "", own.key, "certificate and its key", "one is missing"},
    };
    for (const auto& each : examples) {
        SCOPED_TRACE(each.named + " " + each.reason);
        auto opts = trusting(server);
        opts.tls.ca = each.ca;
        opts.tls.certificate = each.certificate;
        opts.tls.key = each.key;
        expect_refusal(opts, errc::bad_credentials, {by_name(server), each.named, each.reason});
    }
}

TEST_F(live_tls_files, may_be_variables_and_data) {
    const nats_server server(
        with_tls(authority.give("DNS:localhost"), "ca_file: \"" + authority.file() + "\", verify: true"));
    const auto own = authority.give("DNS:me");
    ::setenv("MOTE_TEST_PEM", text_of(authority.file()).c_str(), 1);
    auto opts = trusting(server);
    opts.tls.ca = "env://MOTE_TEST_PEM";
    opts.tls.certificate = "file://" + own.certificate;
    opts.tls.key = own.key;
    run(talk(opts));
    ::unsetenv("MOTE_TEST_PEM");
    expect_refusal(opts, errc::bad_credentials, {"env://MOTE_TEST_PEM: this variable is not set"});
}

TEST_F(live_tls_files, may_hold_several_authorities) {
    const nats_server one(with_tls(authority.give("DNS:localhost")));
    const nats_server two(with_tls(stranger.give("DNS:localhost")));
    const auto both = write("both.pem", "# ours\n" + text_of(stranger.file()) + "\n" + text_of(authority.file()));
    for (const auto* server : {&one, &two}) {
        auto opts = trusting(*server);
        opts.tls.ca = both;
        run(talk(opts));
    }
}

TEST_F(live_tls_files, are_read_again_for_every_reconnect) {
    // The server's certificate and authority change, and the client's, too; the client gets the new files meanwhile.
    const auto copy = [](const std::string& from, const std::string& to) {
        std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
    };
    const auto server_files = certificate_files{authority.path("server.pem"), authority.path("server.key")};
    const auto client_files = certificate_files{authority.path("client.pem"), authority.path("client.key")};
    const auto trusted = authority.path("trusted.pem");
    const auto issue = [&](certificate_authority& by) {
        const auto server = by.give("DNS:localhost");
        copy(server.certificate, server_files.certificate);
        copy(server.key, server_files.key);
        const auto client = by.give("DNS:client");
        copy(client.certificate, client_files.certificate);
        copy(client.key, client_files.key);
        copy(by.file(), trusted);
    };
    issue(authority);
    nats_server server(with_tls(server_files, "ca_file: \"" + trusted + "\", verify: true"));
    auto opts = trusting(server);
    opts.tls.ca = trusted;
    opts.tls.certificate = client_files.certificate;
    opts.tls.key = client_files.key;
    run([](nats::options how, nats_server& restarted, std::function<void()> renew) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        restarted.kill();
        renew();
        restarted.restart();
        co_await wait_reconnected(nc, 1);
        co_await nc.flush();
    }(opts, server, [&] { issue(stranger); }));
}

TEST_F(live_tls_files, that_are_broken_for_a_while_are_survived) {
    nats_server server(with_tls());
    const auto trusted = write("trusted.pem", text_of(authority.file()));
    auto opts = trusting(server);
    opts.tls.ca = trusted;
    run([](nats::options how, nats_server& restarted, std::string file, std::string good) -> asio::awaitable<void> {
        const event_log log;
        log.watch(how);
        const auto nc = co_await connection::connect(how);
        std::ofstream(file, std::ios::trunc) << "half a fi";
        restarted.kill();
        restarted.restart();
        EXPECT_TRUE(co_await log.wait_for(event_kind::error));
        EXPECT_TRUE(contains(log.text(), file)) << log.text();
        std::ofstream(file, std::ios::trunc) << good;
        co_await wait_reconnected(nc, 1);
    }(opts, server, trusted, text_of(authority.file())));
}

}  // namespace
}  // namespace mote::test
