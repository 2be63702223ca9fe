#include <mote/testing/detail/child_start.hpp>

#include <mote/testing/detail/find_program.hpp>
#include <mote/testing/detail/pidfd.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <linux/close_range.h>
#include <map>
#include <stdexcept>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>

namespace mote::testing::detail {
namespace {

[[noreturn]] void fail(const std::string& what, int error = errno) {
    throw std::system_error(error, std::generic_category(), what);
}

struct pipe_ends {
    unique_fd read;
    unique_fd write;
};

pipe_ends new_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) fail("pipe2");
    return {unique_fd(ends[0]), unique_fd(ends[1])};
}

/// A file in memory rather than a pipe: it needs nobody who feeds it.
unique_fd file_with(std::string_view text) {
    unique_fd file(::memfd_create("stdin", MFD_CLOEXEC));
    if (!file) fail("memfd_create");
    while (!text.empty()) {
        const ssize_t count = ::write(file.get(), text.data(), text.size());
        if (count < 0) fail("write to memfd");
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    ::lseek(file.get(), 0, SEEK_SET);
    return file;
}

std::vector<std::string> environment(const process_options& options) {
    std::map<std::string, std::string> values;
    for (char** entry = ::environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const std::size_t equals = text.find('=');
        if (equals != std::string_view::npos) values.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    for (const std::string& name : options.unset) values.erase(name);
    for (const auto& [name, value] : options.env) values[name] = value;
    std::vector<std::string> entries;
    for (const auto& [name, value] : values) entries.push_back(name + "=" + value);
    return entries;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (std::string& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

/// All that the child needs after the fork, where memory may not be allocated.
struct child_plan {
    const char* program = nullptr;
    const char* cwd = nullptr;
    char** argv = nullptr;
    char** env = nullptr;
    int in = -1, out = -1, err = -1;
    int terminal = -1;
    int report = -1;  // gets errno when something fails
    pid_t parent = -1;
};

[[noreturn]] void give_up(const child_plan& plan) {
    const int error = errno;
    [[maybe_unused]] const ssize_t ignored = ::write(plan.report, &error, sizeof error);
    ::_exit(127);
}

[[noreturn]] void become(const child_plan& plan) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != plan.parent) ::_exit(127);  // the parent died before the line above
    for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (plan.terminal >= 0 && (::setsid() < 0 || ::ioctl(plan.terminal, TIOCSCTTY, 0) != 0)) give_up(plan);
    if (::dup2(plan.in, 0) < 0 || ::dup2(plan.out, 1) < 0 || ::dup2(plan.err, 2) < 0) give_up(plan);
    if (plan.cwd != nullptr && ::chdir(plan.cwd) != 0) give_up(plan);
    // Not everything in a test program sets CLOEXEC (Asio does not): no socket of the parent may live on in a child.
    ::close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
    ::execve(plan.program, plan.argv, plan.env);
    give_up(plan);
}

void make_non_blocking(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }

}  // namespace

started_child start_child(const std::vector<std::string>& argv, const process_options& options) {
    if (argv.empty()) throw std::invalid_argument("no program given");
    const auto program = find_program(argv[0]);
    if (!program) fail("cannot find " + argv[0], ENOENT);

    std::vector<std::string> arguments = argv;
    std::vector<std::string> entries = environment(options);
    const std::vector<char*> argument_pointers = pointers(arguments);
    const std::vector<char*> entry_pointers = pointers(entries);
    const unique_fd in = file_with(options.input);
    pipe_ends out = new_pipe();
    pipe_ends err = new_pipe();
    pipe_ends report = new_pipe();

    child_plan plan;
    plan.program = program->c_str();
    plan.cwd = options.cwd.empty() ? nullptr : options.cwd.c_str();
    plan.argv = const_cast<char**>(argument_pointers.data());
    plan.env = const_cast<char**>(entry_pointers.data());
    const bool on_terminal = options.terminal >= 0;
    plan.in = on_terminal ? options.terminal : in.get();
    plan.out = on_terminal ? options.terminal : out.write.get();
    plan.err = on_terminal ? options.terminal : err.write.get();
    plan.terminal = options.terminal;
    plan.report = report.write.get();
    plan.parent = ::getpid();

    started_child child;
    child.pid = ::fork();
    if (child.pid < 0) fail("fork");
    if (child.pid == 0) become(plan);

    report.write.reset();
    int error = 0;
    ssize_t count = 0;
    while ((count = ::read(report.read.get(), &error, sizeof error)) < 0 && errno == EINTR) {
    }
    if (count != 0) {
        ::waitpid(child.pid, nullptr, 0);
        fail("cannot run " + argv[0], error);
    }
    child.pidfd = open_pidfd(child.pid);
    if (!child.pidfd) {
        const int cause = errno;
        ::kill(child.pid, SIGKILL);
        ::waitpid(child.pid, nullptr, 0);
        fail("pidfd_open", cause);
    }
    child.out = std::move(out.read);
    child.err = std::move(err.read);
    make_non_blocking(child.out.get());
    make_non_blocking(child.err.get());
    return child;
}

}  // namespace mote::testing::detail
