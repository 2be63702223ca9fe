#include <mote/process/detail/packet_socket.hpp>
#include <mote/process/detail/start.hpp>
#include <mote/process/error.hpp>
#include <mote/process/spawner.hpp>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <exception>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unordered_map>

namespace mote::process {
namespace {

using detail::io_result;

/// Starts what it is told to, and tells what became of it. One thread; only the loop waits.
class spawn_server {
public:
    spawn_server(detail::descriptor socket, detail::descriptor deaths)
        : socket_(std::move(socket)), deaths_(std::move(deaths)), buffer_(detail::longest_packet, '\0') {
        char here[PATH_MAX];
        directory_ = ::getcwd(here, sizeof here) != nullptr ? here : "/";
    }

    ~spawn_server() {
        for (const auto& [pid, id] : ids_) ::kill(-pid, SIGKILL);
    }

    void serve() {
        bool open = true;
        while (open) {
            std::array<pollfd, 2> waited = {{{.fd = socket_.get(), .events = POLLIN, .revents = 0},
                                             {.fd = deaths_.get(), .events = POLLIN, .revents = 0}}};
            if (::poll(waited.data(), waited.size(), -1) < 0) continue;
            if (waited[1].revents != 0) open = reap();
            if (open && waited[0].revents != 0) open = take();
        }
    }

private:
    template <class Message>
    bool tell(const Message& message) {
        return detail::send_packet(socket_.get(), encode(message), {}, 0) != io_result::closed;
    }

    bool take() {
        detail::packet got;
        const io_result result = detail::receive_packet(socket_.get(), buffer_, got, MSG_DONTWAIT);
        if (result != io_result::done) return result == io_result::later;
        std::optional<std::string> large;
        if (detail::is_large(got.bytes) && !got.descriptors.empty()) {
            large = detail::content_of(got.descriptors.back().get());
            got.descriptors.pop_back();
        }
        auto message = detail::decode_to_server(large ? std::string_view(*large) : got.bytes);
        if (!message || !got.whole) return true;  // nobody that we know sends such: nothing to say it to
        if (auto* const start = std::get_if<detail::start_message>(&*message)) return run(*start, got);
        const auto& signal = std::get<detail::signal_message>(*message);
        const auto found = pids_.find(signal.id);
        if (found != pids_.end()) ::kill(-found->second, signal.number);
        return true;
    }

    bool run(detail::start_message& asked, const detail::packet& got) {
        detail::failed_message failed{.id = asked.id};
        try {
            if (pids_.contains(asked.id)) throw_error(errc::bad_command, "a number that is in use");
            if (asked.what.directory.empty()) asked.what.directory = directory_;
            const detail::started process = detail::start_process(asked.what, streams_of(asked.what, got));
            pids_.emplace(asked.id, process.pid);
            ids_.emplace(process.pid, asked.id);
            return tell(detail::started_message{.id = asked.id, .pid = process.pid});
        } catch (const boost::system::system_error& error) {
            failed.code = error.code().value();
            failed.text = error.what();
            const std::string general = ": " + error.code().what();
            if (failed.text.ends_with(general)) failed.text.resize(failed.text.size() - general.size());
        }
        return tell(failed);
    }

    static std::array<int, 3> streams_of(const command& what, const detail::packet& got) {
        const std::array kinds = {what.input, what.output, what.error};
        std::array<int, 3> streams{};
        std::size_t used = 0;
        for (std::size_t i = 0; i < kinds.size(); ++i) {
            switch (kinds[i]) {
                case stream::null: streams[i] = detail::null_device(); break;
                case stream::inherit: streams[i] = static_cast<int>(i); break;
                case stream::merge: streams[i] = streams[1]; break;
                case stream::pipe:
                    if (used == got.descriptors.size()) throw_error(errc::bad_command, "a pipe without a descriptor");
                    streams[i] = got.descriptors[used++].get();
                    break;
            }
        }
        return streams;
    }

    bool reap() {
        signalfd_siginfo ignored{};
        while (::read(deaths_.get(), &ignored, sizeof ignored) > 0) {
        }
        bool open = true;
        for (;;) {
            siginfo_t dead{};
            if (::waitid(P_ALL, 0, &dead, WEXITED | WNOHANG | WNOWAIT) != 0 || dead.si_pid == 0) return open;
            // What it left in its group goes too, while the group's number cannot be another's.
            ::kill(-dead.si_pid, SIGKILL);
            ::waitid(P_PID, static_cast<id_t>(dead.si_pid), &dead, WEXITED);
            const auto found = ids_.find(dead.si_pid);
            if (found == ids_.end()) continue;
            const bool exited = dead.si_code == CLD_EXITED;
            const detail::ended_message ended{.id = found->second,
                                              .code = exited ? dead.si_status : 128 + dead.si_status,
                                              .signal = exited ? 0 : dead.si_status};
            pids_.erase(found->second);
            ids_.erase(found);
            open = tell(ended) && open;
        }
    }

    detail::descriptor socket_;
    detail::descriptor deaths_;
    std::string buffer_;
    std::string directory_;
    std::unordered_map<std::uint64_t, pid_t> pids_;
    std::unordered_map<pid_t, std::uint64_t> ids_;
};

/// The socket under a number of its own, so that nothing that is started can get it as its stdin.
detail::descriptor moved_away(int fd) {
    detail::descriptor moved(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
    if (fd <= STDERR_FILENO) {
        ::dup2(detail::null_device(), fd);
    } else {
        ::close(fd);
    }
    return moved;
}

}  // namespace

int run_spawn_server(int fd) try {
    constexpr int usage = 2;
    int type = 0;
    socklen_t length = sizeof type;
    if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) != 0 || type != SOCK_SEQPACKET) return usage;
    // What it starts has the same user: it must not look into this process, nor take its socket.
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    sigset_t child_ends;
    ::sigemptyset(&child_ends);
    ::sigaddset(&child_ends, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &child_ends, nullptr);
    detail::descriptor deaths(::signalfd(-1, &child_ends, SFD_CLOEXEC | SFD_NONBLOCK));
    detail::descriptor socket = moved_away(fd);
    if (!deaths || !socket) return usage;
    spawn_server server(std::move(socket), std::move(deaths));
    server.serve();
    return 0;
} catch (const std::exception&) {
    return 1;
}

}  // namespace mote::process
