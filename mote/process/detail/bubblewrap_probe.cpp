#include <mote/process/detail/bubblewrap.hpp>

#include <mote/process/detail/find_program.hpp>
#include <mote/process/detail/pipes.hpp>
#include <mote/process/detail/start.hpp>
#include <mote/process/error.hpp>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mote::process::detail {
namespace {

constexpr std::chrono::seconds longest_probe(5);
constexpr std::size_t longest_text = 64 * 1024;

struct outcome {
    bool ok = false;
    std::string text;  // stdout and stderr
};

/// Runs it to its end, or kills it when the time is over.
outcome run_briefly(const command& what) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return {.ok = false, .text = "no pipe"};
    const descriptor ours(ends[0]);
    descriptor theirs(ends[1]);
    const started process = start_process(what, {null_device(), theirs.get(), theirs.get()});
    theirs.reset();

    outcome result;
    const auto until = std::chrono::steady_clock::now() + longest_probe;
    bool in_time = false;
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        pollfd more{.fd = ours.get(), .events = POLLIN, .revents = 0};
        if (left.count() <= 0 || ::poll(&more, 1, static_cast<int>(left.count())) == 0) break;
        char buffer[4096];
        const ssize_t count = ::read(ours.get(), buffer, sizeof buffer);
        if (count < 0 && errno == EINTR) continue;
        in_time = count <= 0;
        if (count <= 0 || result.text.size() > longest_text) break;
        result.text.append(buffer, static_cast<std::size_t>(count));
    }
    if (!in_time) ::kill(-process.pid, SIGKILL);
    siginfo_t info{};
    while (::waitid(P_PID, static_cast<id_t>(process.pid), &info, WEXITED) < 0 && errno == EINTR) {
    }
    result.ok = in_time && info.si_code == CLD_EXITED && info.si_status == 0;
    if (!in_time) result.text += "no answer";
    while (result.text.ends_with('\n')) result.text.pop_back();
    return result;
}

sandbox_support try_out(bubblewrap& found) {
    if (found.program.empty()) return {.works = false, .text = "bubblewrap (bwrap) is not installed"};
    const outcome version = run_briefly({.program = found.program, .arguments = {"--version"}});
    if (!version.ok) return {.works = false, .text = "bwrap --version: " + version.text};
    if (found.is_root && ::mkdir(stage, 0755) != 0 && errno != EEXIST) {
        return {.works = false, .text = "the directory to mount in cannot be created"};
    }
    const outcome help = run_briefly({.program = found.program, .arguments = {"--help"}});
    found.can_disable_userns = help.text.find("--disable-userns") != std::string::npos;
    outcome tried = run_briefly(found.wrap({.program = "true"}, {}));
    if (!tried.ok && found.can_disable_userns) {
        found.can_disable_userns = false;
        tried = run_briefly(found.wrap({.program = "true"}, {}));
    }
    if (!tried.ok) return {.works = false, .text = tried.text.substr(0, tried.text.find('\n'))};
    return {.works = true, .text = version.text};
}

bubblewrap find() {
    bubblewrap found;
    found.program = find_in_path("bwrap", default_path, is_program).value_or("");
    found.is_root = ::geteuid() == 0;
    try {
        found.support = try_out(found);
    } catch (const boost::system::system_error& failed) {
        found.support = {.works = false, .text = failed.what()};
    }
    return found;
}

}  // namespace

const bubblewrap& bubblewrap::of_this_machine() {
    static const bubblewrap found = find();
    return found;
}

}  // namespace mote::process::detail
