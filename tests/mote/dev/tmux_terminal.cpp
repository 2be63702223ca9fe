#include <tests/mote/dev/tmux_terminal.hpp>

#include <tests/mote/dev/dev_files.hpp>

#include <stdexcept>

namespace mote::test {
namespace {

std::string quoted(const std::string& word) { return "'" + word + "'"; }  // no word of the tests has a quote

}  // namespace

tmux_terminal::tmux_terminal(const std::vector<std::string>& argv, process_options options, const std::string& size)
    : options_(std::move(options)) {
    const auto path = [&](const char* name) { return quoted((directory_.path() / name).string()); };
    std::string line;
    for (const std::string& word : argv) line += quoted(word) + " ";
    // In a shell of its own, which becomes the command.
    put(directory_.path() / "command", "echo $$ > " + path("pid") + "\nexec " + line + "\n");
    put(directory_.path() / "script", "trap : INT QUIT\nstty -a > " + path("before") + "\n/bin/sh " + path("command") +
                                          "\necho $? > " + path("code.new") + "\nstty -a > " + path("after") + "\nmv " +
                                          path("code.new") + " " + path("code") + "\n");
    put(directory_.path() / "conf", "set -g remain-on-exit on\nset -g history-limit 20000\nset -g status off\n");
    const auto cross = size.find('x');
    tmux({"-f", (directory_.path() / "conf").string(), "new-session", "-d", "-x", size.substr(0, cross), "-y",
          size.substr(cross + 1), "/bin/sh", (directory_.path() / "script").string()});
}

tmux_terminal::~tmux_terminal() {
    try {
        tmux({"kill-server"});
    } catch (const std::exception&) {
        // It has ended by itself.
    }
}

std::string tmux_terminal::tmux(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"tmux", "-S", (directory_.path() / "socket").string()});
    auto result = run(arguments, options_);
    if (result.exit_code != 0) throw std::runtime_error("tmux: " + result.err);
    return std::move(result.out);
}

void tmux_terminal::type(const std::string& keys) const { tmux({"send-keys", "-l", keys}); }
void tmux_terminal::press(const std::string& name) const { tmux({"send-keys", name}); }

std::string tmux_terminal::text() const { return tmux({"capture-pane", "-p", "-J", "-S", "-"}); }
std::string tmux_terminal::screen() const { return tmux({"capture-pane", "-p"}); }
std::string tmux_terminal::coloured_text() const { return tmux({"capture-pane", "-p", "-e", "-S", "-"}); }

bool tmux_terminal::wait_for(const std::string& part, std::size_t times, milliseconds timeout) const {
    return holds_within(timeout, [&] { return count_of(text(), part) >= times; });
}

std::optional<int> tmux_terminal::wait(milliseconds timeout) const {
    const auto file = directory_.path() / "code";
    if (!holds_within(timeout, [&] { return std::filesystem::exists(file); })) return std::nullopt;
    return std::stoi(content_of(file));
}

pid_t tmux_terminal::pid() const {
    const auto file = directory_.path() / "pid";
    if (!holds_within(std::chrono::seconds(20), [&] { return content_of(file).ends_with('\n'); })) return -1;
    return std::stoi(content_of(file));
}

std::string tmux_terminal::settings_before() const { return content_of(directory_.path() / "before"); }
std::string tmux_terminal::settings_after() const { return content_of(directory_.path() / "after"); }

}  // namespace mote::test
