#include <mote/testing/server.hpp>

#include <mote/testing/detail/deadline.hpp>
#include <mote/testing/detail/find_program.hpp>
#include <mote/testing/detail/loopback.hpp>
#include <mote/testing/detail/process.hpp>
#include <mote/testing/detail/temp_dir.hpp>

#include <array>
#include <csignal>
#include <fstream>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace mote::testing {
namespace {

using detail::deadline;

constexpr auto start_timeout = std::chrono::seconds(10);

/// A string of the configuration language, which takes JSON's escapes for these.
std::string config_string(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result + "\"";
}

std::string config_text(const server_options& options, std::uint16_t port, const std::filesystem::path& store) {
    std::string text = "listen: \"127.0.0.1:" + std::to_string(port) + "\"\n";
    if (!options.name.empty()) text += "server_name: " + config_string(options.name) + "\n";
    // Bounds of our own: the server's are shares of the machine, and too small on a full one.
    if (options.jetstream) {
        text += "jetstream { store_dir: " + config_string(store.string());
        text += ", max_memory_store: 256MB, max_file_store: 4GB }\n";
    }
    if (options.max_payload != 0) text += "max_payload: " + std::to_string(options.max_payload) + "\n";
    if (!options.token.empty()) {
        text += "authorization { token: " + config_string(options.token) + " }\n";
    } else if (!options.user.empty()) {
        text += "authorization { user: " + config_string(options.user);
        text += ", password: " + config_string(options.password) + " }\n";
    }
    return text + options.config + "\n";
}

/// That a client gets as far as the server's first word.
bool greets(std::uint16_t port, std::chrono::milliseconds time_left) {
    const detail::unique_fd socket = detail::connect_loopback(port);
    pollfd waited{.fd = socket.get(), .events = POLLIN, .revents = 0};
    const deadline limit{time_left};
    int ready = 0;
    while ((ready = ::poll(&waited, 1, limit.poll_timeout())) < 0 && errno == EINTR) {
    }
    std::array<char, 5> word{};
    return ready > 0 && ::recv(socket.get(), word.data(), word.size(), MSG_WAITALL) == 5 &&
           std::string_view(word.data(), word.size()) == "INFO ";
}

}  // namespace

std::optional<std::filesystem::path> find_server() {
    const std::string named = detail::environment_value("MOTE_TEST_NATS_SERVER");
    return detail::find_program(named.empty() ? "nats-server" : named);
}

struct server::state {
    explicit state(server_options chosen) : options(std::move(chosen)), binary(options.binary) {
        if (binary.empty()) {
            const auto found = find_server();
            if (!found)
                throw std::runtime_error(
                    "there is no nats-server in PATH, /usr/local/bin, /usr/sbin or /usr/bin, nor named by "
                    "MOTE_TEST_NATS_SERVER");
            binary = *found;
        }
        store_dir = directory.path() / "store";
        if (options.port == 0) {
            start_on_a_free_port();
            return;
        }
        port = options.port;
        if (try_start(start_timeout) == start_result::port_taken) throw_port_taken();
    }

    enum class start_result { ready, port_taken };

    void start_on_a_free_port() {
        const deadline limit{start_timeout};
        do {
            port = detail::free_port();
            if (try_start(limit.remaining()) == start_result::ready) return;
            // Somebody was quicker.
        } while (!limit.passed());
        throw_port_taken();
    }

    void start_again() {
        const deadline limit{start_timeout};
        do {
            if (try_start(limit.remaining()) == start_result::ready) return;
            // The port was ours and comes back: an outgoing connection may hold it for a moment.
        } while (!limit.passed());
        throw_port_taken();
    }

    start_result try_start(std::chrono::milliseconds time_left) {
        const deadline limit{time_left};
        if (child) earlier_log += child->output();
        const std::filesystem::path config = directory.path() / "server.conf";
        const std::string text = config_text(options, port, store_dir);
        std::ofstream(config) << text;
        child = std::make_unique<detail::process>(std::vector<std::string>{binary.string(), "-c", config.string()});
        // Its own words, not only a connection: those show that the port is its, and not that of another server.
        if (child->wait_for_output("Server is ready", time_left) && greets(port, limit.remaining()))
            return start_result::ready;
        if (!child->running() && child->output().find("address already in use") != std::string::npos)
            return start_result::port_taken;
        throw std::runtime_error("nats-server did not start: " + config.string() + "\n" + text + "\n" + log());
    }

    [[noreturn]] void throw_port_taken() const {
        throw std::runtime_error("nats-server: port " + std::to_string(port) + " is taken\n" + log());
    }

    std::string log() const { return child ? earlier_log + child->output() : earlier_log; }

    server_options options;
    std::filesystem::path binary;
    detail::temp_dir directory{};
    std::filesystem::path store_dir{};
    std::uint16_t port = 0;
    std::string earlier_log{};
    std::unique_ptr<detail::process> child{};
};

server::server(server_options options) : state_(std::make_unique<state>(std::move(options))) {}

server::~server() = default;

std::uint16_t server::port() const noexcept { return state_->port; }

std::string server::url() const { return "nats://127.0.0.1:" + std::to_string(state_->port); }

std::string server::url_with_login() const {
    const server_options& options = state_->options;
    std::string login;
    if (!options.token.empty()) login = options.token + "@";
    if (!options.user.empty()) login = options.user + ":" + options.password + "@";
    return "nats://" + login + "127.0.0.1:" + std::to_string(state_->port);
}

pid_t server::pid() const { return state_->child->pid(); }

bool server::running() const { return state_->child->running(); }

const std::filesystem::path& server::store_dir() const noexcept { return state_->store_dir; }

void server::stop() { state_->child->terminate(std::chrono::seconds(10)); }

void server::kill() {
    state_->child->kill(SIGKILL);
    state_->child->wait();
}

void server::restart() {
    stop();
    state_->start_again();
}

void server::lame_duck() { state_->child->kill(SIGUSR2); }

bool server::wait_for_end(std::chrono::milliseconds timeout) { return state_->child->wait(timeout).has_value(); }

std::string server::log() const { return state_->log(); }

bool server::wait_for_log(std::string_view text, std::chrono::milliseconds timeout) const {
    return state_->child->wait_for_output(text, timeout);
}

}  // namespace mote::testing
