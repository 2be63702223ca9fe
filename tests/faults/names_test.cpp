#include <tests/nats/live.hpp>
#include <tests/support/loopback.hpp>
#include <tests/support/process.hpp>
#include <tests/support/program.hpp>
#include <tests/support/temp_dir.hpp>

#include <arpa/inet.h>
#include <fstream>
#include <netinet/in.h>
#include <sys/socket.h>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

/// A name with several addresses, of which some are dead. The client is run under bubblewrap with a hosts file of its own;
/// its servers listen on addresses of 127.0.0.0/8.
class live_names : public live_nats {
protected:
    void SetUp() override {
        live_nats::SetUp();
        if (!IsSkipped() && !HasFatalFailure()) require_program("bwrap");
    }

    /// A real server on 127.0.0.7.
    void start_server() {
        const auto binary = *find_nats_server();
        for (int tries = 0; tries < 5; ++tries) {
            port_ = free_port();
            server_ = std::make_unique<process>(std::vector<std::string>{binary.string(), "-a", "127.0.0.7", "-p",
                                                                         std::to_string(port_), "-n", "the-live-one"});
            if (server_->wait_for_output("Server is ready")) return;
        }
        FAIL() << server_->output();
    }

    /// Runs the probe where the name `many.test` has these addresses; what it wrote.
    run_result connect(const std::vector<std::string>& addresses) {
        const auto file = [this](const char* name, const std::string& text) {
            const auto path = directory_.path() / name;
            std::ofstream(path) << text;
            return path.string();
        };
        std::string hosts = "127.0.0.1 localhost\n";
        for (const auto& each : addresses) hosts += each + " many.test\n";
        const std::vector<std::string> command{"bwrap",
                                               "--dev-bind",
                                               "/",
                                               "/",
                                               "--ro-bind",
                                               file("hosts", hosts),
                                               "/etc/hosts",
                                               "--ro-bind",
                                               file("nsswitch.conf", "hosts: files\n"),
                                               "/etc/nsswitch.conf",
                                               "--ro-bind",
                                               file("host.conf", "multi on\n"),
                                               "/etc/host.conf",
                                               "--",
                                               MOTE_TEST_PROBE,
                                               "names",
                                               "nats://many.test:" + std::to_string(port_)};
        return mote::test::run(command);
    }

    std::uint16_t port_ = 0;

private:
    temp_dir directory_{};
    std::unique_ptr<process> server_{};
};

/// An address of 127.0.0.0/8 where connections are neither taken nor refused: somebody listens who does not accept, and
/// whose queue is full, so that Linux drops the SYNs.
class black_hole {
public:
    black_hole(const char* address, std::uint16_t port) : listener_(new_socket()) {
        const auto at = address_of(address, port);
        const int on = 1;
        ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at), 0) << errno;
        EXPECT_EQ(::listen(listener_.get(), 0), 0) << errno;
        for (int i = 0; i < 3; ++i) {
            waiting_.push_back(new_socket());
            (void)::connect(waiting_.back().get(), reinterpret_cast<const sockaddr*>(&at), sizeof at);
        }
    }

private:
    static unique_fd new_socket() {
        return unique_fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    }
    static sockaddr_in address_of(const char* address, std::uint16_t port) {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_port = htons(port);
        EXPECT_EQ(::inet_pton(AF_INET, address, &at.sin_addr), 1);
        return at;
    }

    unique_fd listener_;
    std::vector<unique_fd> waiting_{};
};

TEST_F(live_names, with_several_addresses_lead_to_the_one_that_listens) {
    start_server();
    if (HasFatalFailure()) return;
    const std::vector<std::string> alone{"127.0.0.7"};
    const std::vector<std::string> among_dead{"127.0.0.1", "127.0.0.2", "127.0.0.7", "127.0.0.3"};
    for (const auto& addresses : {alone, among_dead}) {
        const auto seen = connect(addresses);
        EXPECT_EQ(seen.exit_code, 0) << seen.err;
        EXPECT_TRUE(contains(seen.out, "connected to the-live-one")) << seen.out;
    }
    const std::vector<std::string> dead{"127.0.0.1", "127.0.0.2"};
    const auto refused = connect(dead);
    EXPECT_EQ(refused.exit_code, 1) << refused.out;
    EXPECT_TRUE(contains(refused.err, "Connection refused")) << refused.err;
}

TEST_F(live_names, with_addresses_that_do_not_answer_share_the_connect_timeout) {
    start_server();
    if (HasFatalFailure()) return;
    const black_hole first("127.0.0.1", port_);
    const black_hole second("127.0.0.2", port_);
    const std::vector<std::string> silent_first{"127.0.0.1", "127.0.0.2", "127.0.0.7"};
    const auto seen = connect(silent_first);
    EXPECT_EQ(seen.exit_code, 0) << seen.err;
    EXPECT_TRUE(contains(seen.out, "connected to the-live-one")) << seen.out;
    const std::vector<std::string> all_silent{"127.0.0.1", "127.0.0.2"};
    const auto nobody = connect(all_silent);
    EXPECT_EQ(nobody.exit_code, 1) << nobody.out;
    EXPECT_TRUE(contains(nobody.err, "no answer within the connect time-out")) << nobody.err;
}

}  // namespace
}  // namespace mote::test
