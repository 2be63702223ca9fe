#include <tests/support/nats_server.hpp>

#include <tests/support/deadline.hpp>
#include <tests/support/loopback.hpp>
#include <tests/support/program.hpp>
#include <tests/support/raw_client.hpp>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace mote::test {
namespace {

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

}  // namespace

std::optional<std::filesystem::path> find_nats_server() {
    const char* named = std::getenv("MOTE_TEST_NATS_SERVER");
    return find_program(named != nullptr && *named != '\0' ? named : "nats-server");
}

bool require_nats_server() {
    if (find_nats_server()) return true;
    skip_or_fail("needs nats-server: not in PATH, /usr/local/bin, /usr/sbin, nor named by MOTE_TEST_NATS_SERVER");
    return false;
}

nats_server::nats_server(nats_server_options options) : options_(std::move(options)), binary_(options_.binary) {
    if (binary_.empty()) {
        const auto found = find_nats_server();
        if (!found) throw std::runtime_error("there is no nats-server");
        binary_ = *found;
    }
    store_dir_ = directory_.path() / "store";
    if (options_.port == 0) {
        start_on_a_free_port();
    } else {
        port_ = options_.port;
        if (try_start(start_timeout) == start_result::port_taken) throw_port_taken();
    }
}

nats_server::~nats_server() = default;

std::string nats_server::url() const { return "nats://127.0.0.1:" + std::to_string(port_); }

std::string nats_server::url_with_login() const {
    std::string login;
    if (!options_.token.empty()) login = options_.token + "@";
    if (!options_.user.empty()) login = options_.user + ":" + options_.password + "@";
    return "nats://" + login + "127.0.0.1:" + std::to_string(port_);
}

pid_t nats_server::pid() const { return process_->pid(); }

bool nats_server::running() const { return process_->running(); }

void nats_server::stop() { process_->terminate(std::chrono::seconds(10)); }

void nats_server::kill() { process_->terminate(std::chrono::milliseconds(0)); }

void nats_server::restart() {
    stop();
    const deadline limit{start_timeout};
    do {
        if (try_start(limit.remaining()) == start_result::ready) return;
        // The port was ours and comes back: an outgoing connection may hold it for a moment.
    } while (!limit.passed());
    throw_port_taken();
}

void nats_server::lame_duck() { process_->kill(SIGUSR2); }

bool nats_server::wait_for_end(std::chrono::milliseconds timeout) { return process_->wait(timeout).has_value(); }

std::string nats_server::log() const { return process_ ? earlier_log_ + process_->output() : earlier_log_; }

bool nats_server::wait_for_log(std::string_view text, std::chrono::milliseconds timeout) const {
    return process_->wait_for_output(text, timeout);
}

void nats_server::start_on_a_free_port() {
    const deadline limit{start_timeout};
    do {
        port_ = free_port();
        if (try_start(limit.remaining()) == start_result::ready) return;
        // Somebody was quicker.
    } while (!limit.passed());
    throw_port_taken();
}

nats_server::start_result nats_server::try_start(std::chrono::milliseconds time_left) {
    keep_log();
    const std::filesystem::path config = directory_.path() / "server.conf";
    std::ofstream(config) << config_text();
    process_ = std::make_unique<process>(std::vector<std::string>{binary_.string(), "-c", config.string()});
    // Its own words, not only a connection: those show that the port is its, and not that of another server.
    if (process_->wait_for_output("Server is ready", time_left)) {
        raw_client_options greeting;
        greeting.handshake = raw_handshake::info_only;
        const raw_client probe(port_, greeting);
        return start_result::ready;
    }
    if (!process_->running() && process_->output().find("address already in use") != std::string::npos) {
        return start_result::port_taken;
    }
    throw std::runtime_error("nats-server did not start: " + config.string() + "\n" + config_text() + "\n" + log());
}

void nats_server::throw_port_taken() const {
    throw std::runtime_error("nats-server: port " + std::to_string(port_) + " is taken\n" + log());
}

std::string nats_server::config_text() const {
    std::string text = "listen: \"127.0.0.1:" + std::to_string(port_) + "\"\n";
    if (!options_.name.empty()) text += "server_name: " + config_string(options_.name) + "\n";
    // Bounds of our own: the server's are shares of the machine, and too small on a full one.
    if (options_.jetstream) {
        text += "jetstream { store_dir: " + config_string(store_dir_.string());
        text += ", max_memory_store: 256MB, max_file_store: 4GB }\n";
    }
    if (options_.max_payload != 0) text += "max_payload: " + std::to_string(options_.max_payload) + "\n";
    if (!options_.token.empty()) {
        text += "authorization { token: " + config_string(options_.token) + " }\n";
    } else if (!options_.user.empty()) {
        text += "authorization { user: " + config_string(options_.user);
        text += ", password: " + config_string(options_.password) + " }\n";
    }
    return text + options_.config + "\n";
}

void nats_server::keep_log() {
    if (process_) earlier_log_ += process_->output();
}

}  // namespace mote::test
