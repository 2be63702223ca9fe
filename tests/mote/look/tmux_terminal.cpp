#include <tests/mote/look/tmux_terminal.hpp>

#include <atomic>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <unistd.h>
#include <utility>

namespace mote::test {
namespace {

constexpr auto tmux_patience = std::chrono::seconds(30);
constexpr auto look_every = std::chrono::milliseconds(50);

/// Two tests of one process, and two processes, have different servers.
std::string new_socket_name() {
    static std::atomic<int> last = 0;
    return "mote-test-" + std::to_string(::getpid()) + "-" + std::to_string(++last);
}

}  // namespace

tmux_terminal::tmux_terminal(unsigned columns, unsigned lines, process_options options)
    : socket_(new_socket_name()), options_(std::move(options)) {
    options_.env["TMUX_TMPDIR"] = directory_.path().string();
    options_.unset.push_back("TMUX");
    options_.unset.push_back("TMUX_PANE");
    // No daemon, which would outlive a test that is killed.
    server_ = std::make_unique<process>(std::vector<std::string>{"tmux", "-u", "-L", socket_, "-f", "/dev/null", "-D"},
                                        options_);
    const auto deadline = std::chrono::steady_clock::now() + tmux_patience;
    while (!try_tmux({"new-session", "-d", "-x", std::to_string(columns), "-y", std::to_string(lines),
                      "exec env PS1='READY ' /bin/bash --noprofile --norc"})) {
        if (!server_->running() || std::chrono::steady_clock::now() > deadline)
            throw std::runtime_error("no server of tmux: " + server_->output());
        std::this_thread::sleep_for(look_every);  // until it listens at its socket
    }
    // No status line, so that the terminal has as many lines as it is told; Escape is sent at once.
    tmux({"set-option",
          "-g",
          "status",
          "off",
          ";",
          "set-option",
          "-s",
          "escape-time",
          "0",
          ";",
          "set-window-option",
          "-g",
          "window-size",
          "manual",
          ";",
          "resize-window",
          "-x",
          std::to_string(columns),
          "-y",
          std::to_string(lines)});
    if (!wait_for("READY")) throw std::runtime_error("no shell in tmux: " + text());
}

tmux_terminal::~tmux_terminal() = default;

run_result tmux_terminal::ask(std::vector<std::string> arguments) const {
    std::vector<std::string> line{"tmux", "-N", "-u", "-L", socket_};
    line.insert(line.end(), arguments.begin(), arguments.end());
    return run(line, options_, tmux_patience);
}

bool tmux_terminal::try_tmux(std::vector<std::string> arguments) const {
    return ask(std::move(arguments)).exit_code == 0;
}

std::string tmux_terminal::tmux(std::vector<std::string> arguments) const {
    const std::string verb = arguments.front();
    auto result = ask(std::move(arguments));
    if (result.exit_code != 0) throw std::runtime_error("tmux " + verb + ": " + result.err);
    return std::move(result.out);
}

std::vector<std::string> tmux_terminal::lines() const {
    std::istringstream text(tmux({"capture-pane", "-p"}));
    std::vector<std::string> all;
    for (std::string line; std::getline(text, line);) all.push_back(line);
    return all;
}

std::string tmux_terminal::text() const {
    std::string all;
    for (const std::string& line : lines()) all += line + "\n";
    return all;
}

bool tmux_terminal::wait_for(const std::string& text, milliseconds timeout) const {
    const auto has_text = [&](const std::vector<std::string>& seen) {
        for (const std::string& line : seen)
            if (line.find(text) != std::string::npos) return true;
        return false;
    };
    return wait_until(has_text, timeout);
}

bool tmux_terminal::wait_until(const std::function<bool(const std::vector<std::string>&)>& seen,
                               milliseconds timeout) const {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    for (;;) {
        if (seen(lines())) return true;
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(look_every);  // tmux tells nobody that something changed
    }
}

void tmux_terminal::type(const std::string& text) const { tmux({"send-keys", "-l", text}); }
void tmux_terminal::press(const std::string& key) const { tmux({"send-keys", key}); }

void tmux_terminal::command(const std::string& line) const {
    type(line);
    press("Enter");
}

void tmux_terminal::resize(unsigned columns, unsigned lines) const {
    tmux({"resize-window", "-x", std::to_string(columns), "-y", std::to_string(lines)});
}

std::string tmux_terminal::variable(const std::string& name) const {
    std::string value = tmux({"display-message", "-p", "#{" + name + "}"});
    if (value.ends_with('\n')) value.pop_back();
    return value;
}

}  // namespace mote::test
