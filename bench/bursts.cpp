// Processor time of an echo service a request, when requests come in bursts of a known size: speaks to the service as a NATS
// server would, writes a burst at once and waits for all answers before the next one. How busy a server and a machine are
// decides how many requests a service finds in one read, and with it what a request costs; here that is always the same.
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <spawn.h>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// The service, which ends with this.
class service {
public:
    service(const std::string& program, const std::string& address) {
        char* const arguments[] = {const_cast<char*>(program.c_str()), const_cast<char*>(address.c_str()), nullptr};
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
        const int failed = posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments, environ);
        posix_spawn_file_actions_destroy(&actions);
        if (failed != 0) throw std::system_error(failed, std::generic_category(), program);
    }
    service(const service&) = delete;
    service& operator=(const service&) = delete;
    ~service() {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }

    /// Nanoseconds of processor time of its main thread, by the scheduler's own account.
    double cpu() const {
        double used = 0;
        std::ifstream("/proc/" + std::to_string(pid_) + "/schedstat") >> used;
        return used;
    }

private:
    pid_t pid_ = 0;
};

/// What a server says at first. Returns the sid of the endpoint, once the service is ready.
std::string greet(tcp::socket& link, bool flushes) {
    asio::write(link, asio::buffer(std::string(R"(INFO {"server_id":"B","version":"2.10.0","proto":1,)"
                                               R"("headers":true,"max_payload":1048576})") +
                                   "\r\n"));
    std::string sid;
    std::string input;
    for (int pings = 0; sid.empty() || (flushes && pings < 2);) {  // of the connect, and behind the subscriptions
        const auto size = asio::read_until(link, asio::dynamic_buffer(input), "\r\n");
        const auto line = input.substr(0, size - 2);
        input.erase(0, size);
        if (line == "PING") {
            ++pings;
            asio::write(link, asio::buffer("PONG\r\n", 6));
        } else if (line.starts_with("SUB bench.echo ")) {
            sid = line.substr(line.rfind(' ') + 1);
        }
    }
    return sid;
}

struct burst {
    std::string requests;
    std::size_t answer_bytes = 0;

    burst(const std::string& sid, int count, std::size_t bytes) {
        const std::string payload(bytes, 'x');
        for (int i = 0; i < count; ++i) {
            const auto reply = "_INBOX.g." + std::to_string(i);
            const auto rest = reply + " " + std::to_string(bytes) + "\r\n" + payload + "\r\n";
            requests += "MSG bench.echo " + sid + " " + rest;
            answer_bytes += rest.size() + std::string_view("PUB ").size();
        }
    }

    void send(tcp::socket& link, std::vector<char>& answers) const {
        asio::write(link, asio::buffer(requests));
        answers.resize(answer_bytes);
        asio::read(link, asio::buffer(answers));
    }
};

/// The middle one of ten measurements.
double measure(const std::string& program, const std::string& prefix, int count, std::size_t bytes, int bursts) {
    asio::io_context context(1);
    tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    const service echo(program, prefix + std::to_string(acceptor.local_endpoint().port()));
    auto link = acceptor.accept();
    link.set_option(tcp::no_delay(true));
    const burst each(greet(link, !prefix.empty()), count, bytes);
    std::vector<char> answers;
    const int part = std::max(bursts / 10, 1);
    for (int i = 0; i < part; ++i) each.send(link, answers);
    std::array<double, 10> costs{};
    for (auto& cost : costs) {
        const auto before = echo.cpu();
        for (int i = 0; i < part; ++i) each.send(link, answers);
        cost = (echo.cpu() - before) / part / count;
    }
    std::sort(costs.begin(), costs.end());
    return (costs[4] + costs[5]) / 2;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 6) {
        std::fprintf(
            stderr,
            "usage: bench_bursts PROGRAM PREFIX COUNT BYTES BURSTS   (the program gets PREFIX and a port as its "
            "argument)\n");
        return 2;
    }
    try {
        std::printf("%.1f\n", measure(argv[1], argv[2], std::atoi(argv[3]), std::strtoul(argv[4], nullptr, 10),
                                      std::atoi(argv[5])));
    } catch (const std::exception& failed) {
        std::fprintf(stderr, "bench_bursts: %s\n", failed.what());
        return 1;
    }
    return 0;
}
