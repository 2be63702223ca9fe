#pragma once

#include <tests/nats/certificates.hpp>
#include <tests/nats/live.hpp>

#include <string>

namespace mote::test {

/// Lines of a server's configuration: TLS with this certificate.
inline std::string tls_config(const certificate_files& files, const std::string& more = {}) {
    return "tls { cert_file: \"" + files.certificate + "\", key_file: \"" + files.key + "\", timeout: 20" +
           (more.empty() ? "" : ", " + more) + " }\n";
}

/// Servers with TLS, and certificates for them.
class live_tls : public live_nats {
protected:
    nats_server_options with_tls(const certificate_files& files, const std::string& more = {}) const {
        auto options = core_only();
        options.config = tls_config(files, more);
        return options;
    }
    nats_server_options with_tls() { return with_tls(authority.give("DNS:localhost,IP:127.0.0.1")); }

    /// The options of a client that trusts our authority.
    nats::options trusting(const std::string& address) const {
        auto opts = options_for(address);
        opts.tls.ca = authority.file();
        opts.connect_timeout = std::chrono::seconds(20);
        return opts;
    }
    nats::options trusting(const nats_server& server) const { return trusting(by_name(server)); }

    static std::string by_name(const nats_server& server) { return "localhost:" + std::to_string(server.port()); }
    static std::string by_number(const nats_server& server) { return "127.0.0.1:" + std::to_string(server.port()); }

    /// Connects, and sends and gets a message.
    static asio::awaitable<void> talk(nats::options opts) {
        const auto nc = co_await nats::connection::connect(opts);
        auto mine = nc.subscribe("mine");
        nc.publish("mine", "hello");
        const auto got = co_await mine.next(std::chrono::seconds(20));
        EXPECT_TRUE(got && got->payload() == "hello");
    }

    /// Expects that connecting fails, with these in the text.
    static void expect_refusal(nats::options opts, nats::errc code, std::vector<std::string> parts) {
        run(refuse(std::move(opts), code, std::move(parts)));
    }

    certificate_authority authority;
    certificate_authority stranger;

private:
    static asio::awaitable<void> refuse(nats::options opts, nats::errc code, std::vector<std::string> parts) {
        auto connecting = nats::connection::connect(opts);
        const auto seen = co_await failure_of(std::move(connecting));
        EXPECT_EQ(seen.code, code) << seen.text;
        for (const auto& part : parts) EXPECT_TRUE(contains(seen.text, part)) << seen.text << " has not " << part;
    }
};

}  // namespace mote::test
