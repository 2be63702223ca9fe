#include <apps/mote/state_directory.hpp>

#include <apps/mote/exit_code.hpp>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace mote::command {
namespace {

constexpr auto lock_patience = std::chrono::seconds(5);
constexpr auto pause = std::chrono::milliseconds(20);

std::string environment_text(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

failure cannot(const std::filesystem::path& path, const std::string& what, int error, const std::string& option) {
    return {exit_code::error,
            path.string() + ": " + what + ": " + std::strerror(error) + "; name another directory with " + option};
}

/// Who wrote its process id into the lock file; 0 when nobody did.
pid_t owner_in(int file) {
    std::array<char, 32> text{};
    const ssize_t size = ::pread(file, text.data(), text.size(), 0);
    pid_t owner = 0;
    if (size > 0) std::from_chars(text.data(), text.data() + size, owner);
    return owner;
}

bool is_alive(pid_t process) { return process > 0 && (::kill(process, 0) == 0 || errno == EPERM); }

}  // namespace

std::filesystem::path default_state_directory() {
    // A relative path is to be ignored, says the XDG base directory specification.
    const std::filesystem::path state(environment_text("XDG_STATE_HOME"));
    if (state.is_absolute()) return state / "mote";
    const std::filesystem::path home(environment_text("HOME"));
    if (home.is_absolute()) return home / ".local" / "state" / "mote";
    throw failure(exit_code::error,
                  "no place for the data: neither XDG_STATE_HOME nor HOME is set; name one with --dir");
}

state_directory::state_directory(const std::filesystem::path& path, std::string option)
    : path_(std::filesystem::absolute(path)), option_(std::move(option)) {
    if (!path_.has_filename()) path_ = path_.parent_path();  // it ended with a slash
    make();
    try {
        lock();
    } catch (...) {
        if (lock_ >= 0) ::close(lock_);
        throw;
    }
}

state_directory::~state_directory() { ::close(lock_); }

void state_directory::make() const {
    std::error_code error;
    std::filesystem::create_directories(path_.parent_path(), error);
    if (error) throw cannot(path_, "cannot be made", error.value(), option_);
    if (::mkdir(path_.c_str(), 0700) != 0 && errno != EEXIST) throw cannot(path_, "cannot be made", errno, option_);
    if (!std::filesystem::is_directory(path_, error)) throw cannot(path_, "cannot be used", ENOTDIR, option_);
}

void state_directory::lock() {
    const auto file = path_ / "lock";
    lock_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock_ < 0) throw cannot(file, "cannot be opened", errno, option_);
    const auto deadline = std::chrono::steady_clock::now() + lock_patience;
    while (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) throw cannot(file, "cannot be locked", errno, option_);
        const pid_t owner = owner_in(lock_);
        // One that was killed leaves its server behind for the moment that it takes to end.
        const bool passing = !is_alive(owner) && std::chrono::steady_clock::now() < deadline;
        if (!passing)
            throw failure(exit_code::error, path_.string() + ": in use by another mote (process " +
                                                std::to_string(owner) +
                                                "); use that one, or name another directory with " + option_);
        std::this_thread::sleep_for(pause);
    }
    const std::string own = std::to_string(::getpid()) + "\n";
    if (::ftruncate(lock_, 0) != 0 || ::pwrite(lock_, own.data(), own.size(), 0) < 0)
        throw cannot(file, "cannot be written", errno, option_);
}

}  // namespace mote::command
